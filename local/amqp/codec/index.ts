export { DecodeError } from './format-codes.ts';
export * from './message.ts';
export { Reader } from './reader.ts';
export * from './sections.ts';
export * from './values.ts';
export { Writer } from './writer.ts';
