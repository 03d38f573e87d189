import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { payloadCollection, payloadData } from '../engine/typed-data.ts';
import type { TypedData } from '../rpc.ts';
import type { FunctionInfo } from '../types.ts';

/**
 * The body of `POST /admin/functions/<name>`. `input` is the real host's; the rest is ours, for what people miss there: a
 * batch (`inputs`), and what a message carries besides its body (`metadata`, in the trigger metadata's names, and
 * `applicationProperties`).
 */
export const manualRunSchema = z.strictObject({
  input: z.unknown().optional(),
  inputs: z.array(z.unknown()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  applicationProperties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
export type ManualRun = z.output<typeof manualRunSchema>;

/** What a function gets when it is run by hand: the input, in the shape that its trigger would have given it. */
export function manualData(
  info: FunctionInfo,
  run: ManualRun,
  now: number,
): { data: TypedData; triggerMetadata: Record<string, unknown> } {
  const type = info.trigger.type.toLowerCase();
  const { dataType } = info.trigger;
  const items = run.inputs ?? (Array.isArray(run.input) ? run.input : [run.input]);
  const texts = items.map(toText);
  const given = capitalized(run.metadata ?? {});
  switch (type) {
    case 'httptrigger':
      return {
        data: { http: httpData(info, toText(run.input)) },
        triggerMetadata: {},
      };
    case 'timertrigger': {
      const at = new Date(now).toISOString();
      const status = { Last: at, Next: at, LastUpdated: at };
      return {
        data: { json: JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: false }) },
        triggerMetadata: {},
      };
    }
    case 'servicebustrigger': {
      const properties = run.applicationProperties ?? {};
      const one = {
        MessageId: randomUUID().replaceAll('-', ''),
        DeliveryCount: 1,
        SequenceNumber: 0,
        EnqueuedTimeUtc: new Date(now).toISOString(),
        ...given,
        ApplicationProperties: properties,
        UserProperties: properties,
      };
      if (String(info.trigger.cardinality).toLowerCase() !== 'many') {
        return { data: payloadData(toText(run.input ?? items[0]), dataType), triggerMetadata: one };
      }
      return { data: payloadCollection(texts, dataType), triggerMetadata: arrays(one, texts.length) };
    }
    case 'eventhubtrigger': {
      const one = {
        SequenceNumber: 0,
        Offset: '0',
        EnqueuedTimeUtc: new Date(now).toISOString(),
        ...given,
        Properties: run.applicationProperties ?? {},
      };
      if (String(info.trigger.cardinality ?? 'many').toLowerCase() === 'one') {
        return { data: payloadData(toText(run.input ?? items[0]), dataType), triggerMetadata: one };
      }
      return { data: payloadCollection(texts, dataType), triggerMetadata: arrays(one, texts.length) };
    }
    case 'eventgridtrigger':
      return { data: { json: toText(run.inputs ?? run.input) }, triggerMetadata: given };
    case 'queuetrigger':
      return {
        data: payloadData(toText(run.input), dataType),
        triggerMetadata: { QueueTrigger: toText(run.input), DequeueCount: 1, Id: randomUUID(), ...given },
      };
    default:
      return { data: payloadData(toText(run.input), dataType), triggerMetadata: given };
  }
}

function httpData(info: FunctionInfo, body: string) {
  const methods = Array.isArray(info.trigger.methods) ? info.trigger.methods.map(String) : ['POST'];
  return {
    url: `http://localhost/admin/functions/${info.name}`,
    method: methods.find((method) => method.toUpperCase() === 'POST') ?? methods[0] ?? 'POST',
    nullableHeaders: { 'content-type': { value: 'application/json' } },
    body: { bytes: Buffer.from(body) },
  };
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function arrays(one: Readonly<Record<string, unknown>>, count: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [`${name}Array`, Array(count).fill(value)]));
}

function capitalized(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name[0]!.toUpperCase() + name.slice(1), value]),
  );
}
