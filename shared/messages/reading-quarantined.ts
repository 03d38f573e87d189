import { z } from 'zod';
import { message } from '../topology/message.ts';

/** An event of the telemetry stream that could not be handled: kept with its place, so that the stream can go on. */
export const ReadingQuarantined = message({
  type: 'ReadingQuarantined',
  schema: z.strictObject({
    consumerGroup: z.string(),
    partitionId: z.string(),
    sequenceNumber: z.int(),
    problem: z.string(),
    body: z.string(),
  }),
  example: { consumerGroup: 'anomalies', partitionId: '2', sequenceNumber: 17, problem: 'press: missing', body: '{}' },
});
