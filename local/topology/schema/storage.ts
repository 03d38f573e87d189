import { z } from 'zod';
import { nameRules } from '../names.ts';
import { name } from './values.ts';

const named = (schema: z.ZodType<string>) => z.strictObject({ name: schema });

export const storageSchema = z
  .strictObject({
    containers: z.array(named(name(nameRules.container))).optional(),
    queues: z.array(named(name(nameRules.storageQueue))).optional(),
    tables: z.array(named(name(nameRules.table))).optional(),
  })
  .describe('Blob containers, Storage queues and tables.');
