import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import { openStore } from '../../../local/service-bus/store/index.ts';
import { bodyOf } from './given.ts';
import { openBroker } from './store-suite.ts';

/** `CROSSOVER_KILL_ROUNDS=1000` for the long run. */
const ROUNDS = Number(process.env.CROSSOVER_KILL_ROUNDS ?? 20);
const CHILD = join(import.meta.dirname, 'kill-child.ts');

interface Told {
  readonly sent: Set<number>;
  readonly tried: Set<number>;
  readonly completed: Set<number>;
}

/** Runs the broker until it has said so many lines, then kills it. */
function runAndKill(folder: string, first: number, lines: number, told: Told): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let left = lines;
    createInterface({ input: child.stdout }).on('line', (line) => {
      // The kill may cut the last line in two.
      const [what, n] = line.split(' ');
      const sets: Record<string, Set<number>> = { S: told.sent, c: told.tried, C: told.completed };
      sets[what ?? '']?.add(Number(n));
      left -= 1;
      if (left === 0) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code) => (left > 0 ? reject(new Error(`The child ended by itself (${code}).`)) : resolve()));
  });
}

test(`killed ${ROUNDS} times under load: nothing acknowledged is lost, nothing is doubled`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossover-kill-'));
  const told: Told = { sent: new Set(), tried: new Set(), completed: new Set() };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await runAndKill(folder, round * 1_000_000, 50 + ((round * 379) % 1500), told);
      const store = openStore({ folder });
      const { broker } = openBroker(store, new VirtualClock(Date.now()));
      const found: number[] = [];
      for (const record of broker.records())
        if (record.type === 'message')
          found.push(Number(bodyOf({ content: record.message.content } as never).split(' ')[0]));
      const there = new Set(found);
      expect(found.length, 'no message twice').toBe(there.size);
      const lost = [...told.sent].filter((n) => !there.has(n) && !told.tried.has(n));
      const undead = [...told.completed].filter((n) => there.has(n));
      expect({ round, lost, undead }).toEqual({ round, lost: [], undead: [] });
      expect(store.damage.filter(({ kind }) => kind === 'damaged')).toEqual([]);
      broker.close();
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 3_600_000);
