import { app } from '@azure/functions';
import { onHub } from '../../shared/messaging/triggers/event-hubs.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { detectAnomalies } from './detect-anomalies.ts';

app.eventHub(
  'detect-anomalies',
  onHub(topology.telemetry, 'anomalies', (events, handling) => {
    const { rows, messaging, now } = services();
    const tables = { conditions: rows(topology.pressConditions), anomalies: rows(topology.anomalies) };
    return detectAnomalies(events, { ...tables, messaging, now, handling });
  }),
);
