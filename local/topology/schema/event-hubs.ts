import { z } from 'zod';
import { nameRules } from '../names.ts';
import { authorizationRule, flag, name, refuse, wholeNumber } from './values.ts';

export const ARCHIVE_NAME_TOKENS = [
  '{Namespace}',
  '{EventHub}',
  '{PartitionId}',
  '{Year}',
  '{Month}',
  '{Day}',
  '{Hour}',
  '{Minute}',
  '{Second}',
] as const;

const captureSchema = z
  .strictObject({
    enabled: z.boolean(),
    container: name(nameRules.container).describe('A container; created if storage.containers does not list it.'),
    encoding: z.enum(['Avro', 'AvroDeflate']).optional(),
    intervalInSeconds: wholeNumber(60, 900, 'A window ends after so long; default 300.').optional(),
    sizeLimitInBytes: wholeNumber(10_485_760, 524_288_000, 'A window ends at this size; default 314572800.').optional(),
    skipEmptyArchives: flag('No file for a window without events; default false.').optional(),
    archiveNameFormat: z
      .string()
      .superRefine((format, context) => {
        const missing = ARCHIVE_NAME_TOKENS.filter((token) => !format.includes(token));
        if (missing.length > 0)
          refuse(context, `lacks ${missing.join(', ')}`, 'every token must stand in it, in any order');
      })
      .optional(),
  })
  .describe('Event Hubs Capture: windows of events as Avro files in a container.');

const hubSchema = z
  .strictObject({
    name: name(nameRules.eventHub),
    partitionCount: wholeNumber(1, 1024, 'At most 32 on Basic and Standard, 100 on Premium; default 4.').optional(),
    messageRetentionInDays: wholeNumber(1, 90, 'How long events stay; default 1.').optional(),
    retentionDescription: z
      .strictObject({
        cleanupPolicy: z.enum(['Delete', 'Compact']).optional(),
        retentionTimeInHours: wholeNumber(1, 2160, 'How long events stay, with cleanupPolicy Delete.').optional(),
        tombstoneRetentionTimeInHours: z.int().min(1).optional(),
        minCompactionLagInMins: z.int().min(0).optional(),
      })
      .optional(),
    userMetadata: z.string().max(1024).optional(),
    consumerGroups: z
      .array(z.strictObject({ name: name(nameRules.consumerGroup), userMetadata: z.string().max(1024).optional() }))
      .describe('$Default is always there.')
      .optional(),
    captureDescription: captureSchema.optional(),
  })
  .superRefine((hub, context) => {
    if (hub.messageRetentionInDays !== undefined && hub.retentionDescription?.retentionTimeInHours !== undefined)
      refuse(context, 'the retention stands twice', 'keep messageRetentionInDays or retentionDescription');
  });

export const eventHubsSchema = z
  .strictObject({
    tier: z.enum(['Basic', 'Standard', 'Premium', 'Dedicated']).describe('Default Standard.').optional(),
    hubs: z.array(hubSchema).optional(),
    authorizationRules: z.array(authorizationRule).max(12).optional(),
  })
  .describe('The Event Hubs namespace.');
