import { z } from 'zod';
import { message } from '../topology/message.ts';

/** One reading of one press. The partition key is the press: its readings stay in order. */
export const PressReadingTaken = message({
  type: 'PressReadingTaken',
  schema: z.strictObject({
    press: z.string().min(1),
    takenAt: z.iso.datetime(),
    temperatureInCelsius: z.number(),
    sheetsPerMinute: z.number().min(0),
  }),
  example: { press: 'press-3', takenAt: '2026-08-01T09:30:00.000Z', temperatureInCelsius: 61.5, sheetsPerMinute: 118 },
});
