import { z } from 'zod';
import { message } from '../topology/message.ts';

/** Somebody, or a stock sensor, asks for paper or ink: work for `run-operation`. */
export const RestockRequested = message({
  type: 'Operations.RestockRequested',
  schema: z.strictObject({
    operationId: z.string().min(1),
    material: z.string().min(1),
    quantity: z.int().positive(),
  }),
  example: { operationId: 'op-1', material: 'paper-a2-matt', quantity: 500 },
});
