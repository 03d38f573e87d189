import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import { openStore } from '../../../local/service-bus/store/index.ts';
import { bodyOf, MINUTE, ok } from './given.ts';
import { durable, openBroker } from './store-suite.ts';

/** `CROSSOVER_KILL_ROUNDS=1000` for the long run. */
const ROUNDS = Number(process.env.CROSSOVER_KILL_ROUNDS ?? 20);
const CHILD = join(import.meta.dirname, 'kill-child.ts');
/** What the child numbers its messages by, a range a round. */
const NUMBERS_A_ROUND = 1_000_000;
/** When so many messages have piled up they and their files go, so that the thousandth round takes no longer than the tenth. */
const MOST_MESSAGES = 3_000;

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

function numbersIn(broker: ReturnType<typeof openBroker>['broker']): number[] {
  const found: number[] = [];
  for (const record of broker.records())
    if (record.type === 'message')
      found.push(Number(bodyOf({ content: record.message.content } as never).split(' ')[0]));
  return found;
}

test(`killed ${ROUNDS} times under load: nothing acknowledged is lost, nothing is doubled`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossover-kill-'));
  const toldFile = join(folder, 'told.txt');
  /** What was there after the round before. */
  let known = new Set<number>();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = round * NUMBERS_A_ROUND;
      await runAndKill(join(folder, 'store'), first, toldFile, 1 + ((round * 7) % 40));
      const told = readTold(toldFile);
      rmSync(toldFile);

      const store = openStore({ folder: join(folder, 'store') });
      const { broker, clock } = openBroker(store, new VirtualClock(Date.now()));
      const found = numbersIn(broker);
      const there = new Set(found);
      expect(found.length, 'no message twice').toBe(there.size);
      const lost = [...known, ...told.S].filter((n) => !there.has(n) && !told.c.has(n));
      const undead = found.filter((n) => told.C.has(n) || (n <= first && !known.has(n)));
      expect({ round, lost, undead }).toEqual({ round, lost: [], undead: [] });
      expect(store.damage.filter(({ kind }) => kind === 'damaged')).toEqual([]);

      if (there.size > MOST_MESSAGES) {
        clock.advanceBy(6 * MINUTE); // past the locks that the killed receivers left
        ok(broker.purge('t/Subscriptions/s'));
        await durable(broker);
        await store.compact();
      }
      known = new Set(numbersIn(broker));
      broker.close();
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 3_600_000);
