import { describe, expect, it } from 'vitest';
import { runOperation } from '../../../functions/event-routing/run-operation.ts';
import { PressServiceRequested } from '../../../shared/messages/press-service-requested.ts';
import { RestockRequested } from '../../../shared/messages/restock-requested.ts';
import { example, keptLog, now } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';

describe('run-operation', () => {
  it('given commands of both kinds, then each has its effect', async () => {
    const operations = memoryRows();
    await runOperation(example(RestockRequested), { operations, now, log: keptLog() });
    await runOperation(example(PressServiceRequested), { operations, now, log: keptLog() });
    expect(operations.all()).toMatchObject([
      { operationId: 'op-1', status: 'ordered', material: 'paper-a2-matt', quantity: 500 },
      { operationId: 'op-2', status: 'scheduled', press: 'press-3' },
    ]);
  });

  it('given a command that comes again, then it has run before', async () => {
    const operations = memoryRows();
    const log = keptLog();
    await runOperation(example(RestockRequested), { operations, now, log });
    await runOperation(example(RestockRequested, { quantity: 9 }), { operations, now, log });
    expect(operations.all()).toMatchObject([{ quantity: 500 }]);
    expect(log.lines.at(-1)).toContain('had run before');
  });
});
