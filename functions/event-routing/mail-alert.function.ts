import { app } from '@azure/functions';
import { onCustomTopic } from '../../shared/messaging/triggers/event-grid.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { mailAlert } from './mail-alert.ts';

app.eventGrid(
  'mail-alert',
  onCustomTopic(topology.operations, 'alerts-to-mail', (event) => mailAlert(event, services())),
);
