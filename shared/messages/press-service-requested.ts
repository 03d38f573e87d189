import { z } from 'zod';
import { message } from '../topology/message.ts';

/** A press needs a technician: work for `run-operation`. */
export const PressServiceRequested = message({
  type: 'Operations.PressServiceRequested',
  schema: z.strictObject({ operationId: z.string().min(1), press: z.string().min(1), task: z.string().min(1) }),
  example: { operationId: 'op-2', press: 'press-3', task: 'replace the fuser' },
});
