import { app } from '@azure/functions';
import { onCustomTopic } from '../../shared/messaging/triggers/event-grid.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { mailPhotoOutcome } from './mail-photo-outcome.ts';

app.eventGrid(
  'mail-photo-outcome',
  onCustomTopic(topology.operations, 'photos-to-mail', (event) => mailPhotoOutcome(event, services())),
);
