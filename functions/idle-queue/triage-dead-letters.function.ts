import { app } from '@azure/functions';
import { DeadLettersWithoutListeners } from '../../shared/messages/messages-without-listeners.ts';
import { onSystemTopic } from '../../shared/messaging/triggers/event-grid.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { triageDeadLetters } from './triage-dead-letters.ts';

app.eventGrid(
  'triage-dead-letters',
  onSystemTopic(topology.serviceBusIdle, 'to-triage-dead-letters', DeadLettersWithoutListeners, (event, log) => {
    const { deadLetters, rows, messaging, now } = services();
    return triageDeadLetters(event, { deadLetters, parked: rows(topology.deadLetterTable), messaging, now, log });
  }),
);
