import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import { openStore } from '../../../local/service-bus/store/index.ts';
import { bodyOf } from './given.ts';
import { openBroker } from './store-suite.ts';

/** `CROSSOVER_KILL_ROUNDS=1000` for the long run. */
const ROUNDS = Number(process.env.CROSSOVER_KILL_ROUNDS ?? 20);
const CHILD = join(import.meta.dirname, 'kill-child.ts');

/** Runs the broker for so many rounds of its work, then kills it. */
function runAndKill(folder: string, first: number, toldFile: string, rounds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, folder, String(first), toldFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let left = rounds;
    child.stdout.on('data', (dots: Buffer) => {
      left -= dots.length;
      if (left <= 0) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code) => (left > 0 ? reject(new Error(`The child ended by itself (${code}).`)) : resolve()));
  });
}

/** What the broker had been told when it was killed. */
function readTold(file: string): Record<'S' | 'c' | 'C', Set<number>> {
  const told = { S: new Set<number>(), c: new Set<number>(), C: new Set<number>() };
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [what, n] = line.split(' ');
    if (what === 'S' || what === 'c' || what === 'C') told[what].add(Number(n));
  }
  return told;
}

test(`killed ${ROUNDS} times under load: nothing acknowledged is lost, nothing is doubled`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossover-kill-'));
  const toldFile = join(folder, 'told.txt');
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await runAndKill(join(folder, 'store'), round * 1_000_000, toldFile, 1 + ((round * 7) % 40));
      const told = readTold(toldFile);
      const store = openStore({ folder: join(folder, 'store') });
      const { broker } = openBroker(store, new VirtualClock(Date.now()));
      const found: number[] = [];
      for (const record of broker.records())
        if (record.type === 'message')
          found.push(Number(bodyOf({ content: record.message.content } as never).split(' ')[0]));
      const there = new Set(found);
      expect(found.length, 'no message twice').toBe(there.size);
      const lost = [...told.S].filter((n) => !there.has(n) && !told.c.has(n));
      const undead = [...told.C].filter((n) => there.has(n));
      expect({ round, lost, undead }).toEqual({ round, lost: [], undead: [] });
      expect(store.damage.filter(({ kind }) => kind === 'damaged')).toEqual([]);
      broker.close();
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 3_600_000);
