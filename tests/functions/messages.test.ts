import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MessageDefinition } from '../../shared/topology/message.ts';

const folder = new URL('../../shared/messages/', import.meta.url);

function isMessage(value: unknown): value is MessageDefinition {
  return typeof value === 'object' && value !== null && 'type' in value && 'schema' in value && 'example' in value;
}

const modules = await Promise.all(
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map(async (file) => ({
      file,
      messages: Object.entries((await import(new URL(file, folder).href)) as object).filter(
        (entry): entry is [string, MessageDefinition] => isMessage(entry[1]),
      ),
    })),
);
const all = modules.flatMap(({ file, messages }) => messages.map(([name, definition]) => ({ file, name, definition })));

describe('messages', () => {
  it.each(all)('$name: the example fits the schema, and stays the same on the wire', ({ definition }) => {
    expect(definition.schema.parse(JSON.parse(JSON.stringify(definition.example)))).toEqual(definition.example);
  });

  it('no two have the same type', () => {
    expect(new Set(all.map(({ definition }) => definition.type)).size).toBe(all.length);
  });

  it('a message of ours is called as its type is, and stands in a file of that name', () => {
    const kebab = (name: string) => name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
    const odd = all
      .filter(({ definition }) => !definition.type.startsWith('Microsoft.'))
      .filter(
        ({ file, name, definition }) => definition.type.split('.').at(-1) !== name || file !== `${kebab(name)}.ts`,
      );
    expect(odd.map(({ file }) => file)).toEqual([]);
  });
});
