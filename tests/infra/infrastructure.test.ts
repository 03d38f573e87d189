import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { findings } from './checks/all.ts';
import { type AppFacts, appFacts } from './checks/app-facts.ts';

let facts: AppFacts;
beforeAll(async () => {
  facts = await appFacts();
});

describe('the infrastructure', () => {
  it('fits the app: parses, has every entity, setting, role and subscription, and nothing that is left over', async () => {
    expect(await findings(root, facts)).toEqual([]);
  });

  it('is held against an app that does something (or the check above would hold against nothing)', () => {
    expect(facts.functions.length).toBeGreaterThan(10);
    expect(new Set(facts.operations.map(({ does }) => does))).toContain('send');
  });
});
