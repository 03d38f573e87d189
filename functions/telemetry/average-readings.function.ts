import { app } from '@azure/functions';
import { onHub } from '../../shared/messaging/triggers/event-hubs.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { averageReadings } from './average-readings.ts';

app.eventHub(
  'average-readings',
  onHub(topology.telemetry, 'rolling-average', (events, handling) => {
    const { rows, messaging, now } = services();
    return averageReadings(events, { averages: rows(topology.telemetryAverages), messaging, now, handling });
  }),
);
