import { app } from '@azure/functions';
import { settleByFailing } from '../../shared/reliability/outcome.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { pollIdleQueue } from './poll-idle-queue.ts';
import { createRefundLedger } from './refund-ledger.ts';

app.timer('poll-idle-queue', {
  schedule: topology.pollIdleQueue.schedule,
  handler: async (_timer, log) => {
    const { idleQueueWakeUp: wakeUp, backlog, refunds, rows, deadLetters, messaging, now } = services();
    const ledger = createRefundLedger(rows(topology.refundTable), now);
    const parked = rows(topology.deadLetterTable);
    settleByFailing(
      await pollIdleQueue({ wakeUp, backlog, refunds, ledger, deadLetters, parked, messaging, now, log }),
    );
  },
});
