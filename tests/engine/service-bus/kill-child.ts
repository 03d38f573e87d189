// A broker under load that its parent kills (kill.test.ts). Writes into a file what it was told is durable: `S n` sent, `c n`
// about to be completed, `C n` completed. Into a file, and synchronously: what waits in a pipe's buffer dies with the process.
import { randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { RealClock } from '../../../local/clock/index.ts';
import { createBroker } from '../../../local/service-bus/engine/index.ts';
import { openStore } from '../../../local/service-bus/store/index.ts';
import { bodyOf, message, queue, reader, subscription, topic } from './given.ts';

const [folder, first, toldFile] = process.argv.slice(2);
const told = openSync(toldFile!, 'a');
const store = openStore({ folder: folder!, compactFromBytes: 150_000 });
const broker = createBroker({
  clock: new RealClock(),
  newId: randomUUID,
  reader,
  namespaceName: 'kill',
  restore: store.read(),
  durability: store,
});
store.follow(broker);
broker.catchUp();
broker.declare({
  queues: [queue('from', { forwardTo: 't', lockDurationMs: 300_000 })],
  topics: [{ ...topic('t'), subscriptions: [{ ...subscription('s', { lockDurationMs: 300_000 }), rules: [all()] }] }],
});

function all() {
  return { name: 'all', filter: { filterType: 'TrueFilter' as const }, action: undefined };
}

const say = (line: string): void => {
  writeSync(told, `${line}\n`);
};
const onceDurable = (line: string): void =>
  broker.whenDurable((error) => {
    if (!error) say(line);
  });

broker.openReceiver(
  't/Subscriptions/s',
  {
    mode: 'peek-lock',
    identifier: 'child',
    deliver: ({ message: stored, lockToken }) => {
      const n = bodyOf(stored).split(' ')[0];
      say(`c ${n}`);
      if (broker.settle('t/Subscriptions/s', lockToken!, { kind: 'complete' }).ok) onceDurable(`C ${n}`);
    },
    onLost: () => {},
  },
  (outcome) => {
    if (!outcome.ok) throw new Error(outcome.detail);
    const { receiver } = outcome;
    let n = Number(first);
    const round = (): void => {
      for (let sent = 0; sent < 20; sent += 1) {
        n += 1;
        if (broker.send('from', [message(`${n} ${'x'.repeat(200)}`)]).ok) onceDurable(`S ${n}`);
      }
      // Fewer than were sent, so that messages pile up.
      receiver.setCredit(15);
      process.stdout.write('.');
      setImmediate(round);
    };
    round();
  },
);
