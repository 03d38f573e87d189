import { z } from 'zod';
import { message } from '../topology/message.ts';

/** Something that a person should know. Only `high` and `critical` become mail: Event Grid filters, not the code. */
export const AlertRaised = message({
  type: 'Operations.AlertRaised',
  schema: z.strictObject({
    alertId: z.string().min(1),
    severity: z.enum(['low', 'high', 'critical']),
    title: z.string().min(1),
    text: z.string(),
  }),
  example: {
    alertId: 'press-3-17',
    severity: 'high',
    title: 'press-3 runs hot',
    text: 'Three readings in a row above 90 °C.',
  },
});
