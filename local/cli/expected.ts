import { StartError } from '../start-error.ts';

/** Errors that are about the user's machine or project; their message is the whole story. */
export function isExpected(error: unknown): error is Error {
  if (error instanceof StartError) return true;
  // Told by its place in the functions host, which is not loaded for every command.
  return error instanceof Error && ['FunctionsHostError', 'TopologyError'].includes(error.constructor.name);
}
