import { app } from '@azure/functions';
import { ActiveMessagesWithoutListeners } from '../../shared/messages/messages-without-listeners.ts';
import { onSystemTopic } from '../../shared/messaging/triggers/event-grid.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { drainIdleQueue } from './drain-idle-queue.ts';
import { createRefundLedger } from './refund-ledger.ts';

app.eventGrid(
  'drain-idle-queue',
  onSystemTopic(topology.serviceBusIdle, 'to-drain-idle-queue', ActiveMessagesWithoutListeners, (event, log) => {
    const { refunds, rows, now } = services();
    return drainIdleQueue(event, { refunds, ledger: createRefundLedger(rows(topology.refundTable), now), now, log });
  }),
);
