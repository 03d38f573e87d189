import type { FunctionError } from '../rpc.ts';

/** Marks an error as the runtime's own; the library looks for the flag (registerHook of a log hook, for one). */
export class SystemError extends Error {
  readonly isAzureFunctionsSystemError = true;
}

export class SystemRangeError extends RangeError {
  readonly isAzureFunctionsSystemError = true;
}

export class ReadOnlyError extends TypeError {
  readonly isAzureFunctionsSystemError = true;

  constructor(propertyName: string) {
    super(`Cannot assign to read only property '${propertyName}'`);
  }
}

/** Anything can be thrown; what leaves the process is always a name, a message and a stack. */
export function toFunctionError(thrown: unknown): FunctionError {
  if (thrown instanceof Error || isErrorLike(thrown)) {
    return { name: thrown.name, message: thrown.message, stack: thrown.stack ?? `${thrown.name}: ${thrown.message}` };
  }
  const message = describeThrown(thrown);
  return { name: 'Error', message, stack: `Error: ${message}` };
}

/** An error of another realm (vm, jest) is not an instance of this realm's Error. */
function isErrorLike(thrown: unknown): thrown is Error {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    typeof (thrown as Partial<Error>).name === 'string' &&
    typeof (thrown as Partial<Error>).message === 'string'
  );
}

function describeThrown(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return 'Unknown error';
  if (typeof thrown !== 'object') return String(thrown);
  try {
    return JSON.stringify(thrown) ?? 'Unknown error';
  } catch {
    return 'Unknown error';
  }
}
