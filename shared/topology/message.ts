import type { ZodType } from 'zod';

/**
 * What a message is: the name of its type on the wire, the schema that every edge parses it with, and one example that
 * tests, documentation and the dashboard use. Events are named in the past tense, commands in the imperative.
 */
export interface MessageDefinition<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly schema: ZodType<Data>;
  readonly example: Data;
}

/**
 * Declares a message. One file a message, under `shared/messages/`.
 *
 * @example
 * export const RefundOrder = message({ type: 'RefundOrder', schema: z.strictObject({ refundId: z.string() }), example: { refundId: 'r-1' } });
 */
export function message<const Type extends string, Data>(definition: {
  readonly type: Type;
  readonly schema: ZodType<Data>;
  readonly example: NoInfer<Data>;
}): MessageDefinition<Type, Data> {
  return definition;
}

/** The data of a message: `DataOf<typeof RefundOrder>`. */
export type DataOf<Definition> = Definition extends MessageDefinition<string, infer Data> ? Data : never;
