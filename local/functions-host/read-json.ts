import { readFileSync } from 'node:fs';
import { JsonSyntaxError, parseJson } from '../json-document.ts';
import { FunctionsHostError } from './types.ts';

/**
 * A file of the app's, with comments and trailing commas as the real host (Json.NET) takes them.
 * @throws {@link FunctionsHostError} with file, line and column
 */
export function readJson(file: string): unknown {
  try {
    return parseJson(readFileSync(file, 'utf8')).value;
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw new FunctionsHostError(
        `${file}:${error.line}:${error.column}: ${error.message}; put the JSON right there.`,
      );
    throw new FunctionsHostError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}
