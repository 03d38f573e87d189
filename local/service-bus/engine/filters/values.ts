import type { PropertyValue } from '../values.ts';

/**
 * What an expression works with: a value that knows its type as .NET knows it, because the service's operators bind as
 * C#'s do (sql-filter: "operator semantics follow C#"). Small integers count as `int`, as they do in C#.
 */
export type SqlValue =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'int' | 'uint' | 'float' | 'double'; readonly value: number }
  | { readonly type: 'long' | 'ulong'; readonly value: bigint; readonly isConstant?: boolean }
  | { readonly type: 'decimal'; readonly coefficient: bigint; readonly scale: number }
  | { readonly type: 'string' | 'char'; readonly value: string }
  /** Lower case, with hyphens. */
  | { readonly type: 'guid'; readonly value: string }
  /** Milliseconds since the Unix epoch. */
  | { readonly type: 'datetime'; readonly value: number }
  /** Ticks of 100 ns. */
  | { readonly type: 'timespan'; readonly value: bigint }
  /** A value that no operator takes, such as binary: it can be there and it can be copied, no more. */
  | { readonly type: 'opaque'; readonly original: PropertyValue };

export type NumberValue = Extract<
  SqlValue,
  { readonly type: 'int' | 'uint' | 'float' | 'double' | 'long' | 'ulong' | 'decimal' }
>;

/** An evaluation that went wrong; what C# would throw. A value, because a message can cause it. */
export interface Fault {
  readonly type: 'fault';
  readonly description: string;
}

/** `undefined` is *unknown*: a user property that the message does not have, and whatever is computed from it. */
export type Evaluated = SqlValue | Fault | undefined;

/** Three-valued logic; `undefined` is *unknown*. */
export type Truth = boolean | undefined | Fault;

export const INT32_MAX = 2 ** 31 - 1;
export const INT32_MIN = -(2 ** 31);
export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);
export const UINT64_MAX = 2n ** 64n - 1n;
export const TICKS_PER_MILLISECOND = 10_000n;

export const NULL: SqlValue = { type: 'null' };
const TRUE: SqlValue = { type: 'boolean', value: true };
const FALSE: SqlValue = { type: 'boolean', value: false };

export function booleanValue(value: boolean): SqlValue {
  return value ? TRUE : FALSE;
}

export function fault(description: string): Fault {
  return { type: 'fault', description };
}

export function isFault(value: Evaluated | Truth): value is Fault {
  return typeof value === 'object' && value.type === 'fault';
}

export function isNumber(value: SqlValue): value is NumberValue {
  switch (value.type) {
    case 'int':
    case 'uint':
    case 'long':
    case 'ulong':
    case 'float':
    case 'double':
    case 'decimal':
      return true;
    default:
      return false;
  }
}

/** The name that .NET gives the type, for descriptions of faults. */
export function typeName(value: SqlValue): string {
  switch (value.type) {
    case 'datetime':
      return 'System.DateTime';
    case 'timespan':
      return 'System.TimeSpan';
    case 'guid':
      return 'System.Guid';
    case 'opaque':
      return 'System.IO.Stream';
    case 'boolean':
      return 'bool';
    case 'null':
      return '<null>';
    default:
      return value.type;
  }
}
