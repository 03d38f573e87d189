// No message is lost or doubled, whatever is done to the broker, crashes included. Random sequences of operations run against
// a broker whose records go through the journal's encoding; a crash drops the broker and replays them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../../local/clock/index.ts';
import type { Delivery, Receiver, Settlement, StoredRecord } from '../../../local/service-bus/engine/index.ts';
import { createBroker } from '../../../local/service-bus/engine/index.ts';
import { ByteReader, ByteWriter } from '../../../local/service-bus/store/byte-writer.ts';
import { readRecord, writeRecord } from '../../../local/service-bus/store/record-codec.ts';
import { bodyOf, message, ok, queue, reader, SECOND, sql, subscription, topic } from './given.ts';
import { contentsOf, newId } from './store-suite.ts';

const DLQ = '/$DeadLetterQueue';

/** Entities among which a message may wander: it must be in exactly one place of each group it was sent into. */
const GROUPS = {
  plain: ['plain'],
  sessions: ['sessions'],
  chain: ['from', 'to'],
  a: ['t/Subscriptions/a'],
  b: ['t/Subscriptions/b'],
} as const;
type Group = keyof typeof GROUPS;

const TARGETS: { readonly [target: string]: readonly Group[] } = {
  plain: ['plain'],
  sessions: ['sessions'],
  from: ['chain'],
  t: ['a', 'b'],
};
const RECEIVABLE = ['plain', 'to', `from${DLQ}`, 't/Subscriptions/a', 't/Subscriptions/b', `plain${DLQ}`, `to${DLQ}`];

const groupOf = (entity: string): Group | undefined => {
  const main = entity.replace(/\/\$DeadLetterQueue$/, '');
  return (Object.keys(GROUPS) as Group[]).find((group) => (GROUPS[group] as readonly string[]).includes(main));
};

type Kind = Settlement['kind'];
type Step =
  | { do: 'send'; to: string; count: number; session: number; ttl: number | undefined; inTransaction: boolean }
  | { do: 'schedule'; to: string; after: number }
  | { do: 'cancel'; which: number }
  | { do: 'receive'; from: string; mode: 'peek-lock' | 'receive-and-delete'; count: number; close: boolean }
  | { do: 'accept'; session: number | undefined; count: number }
  | { do: 'settle'; which: number; kind: Kind; inTransaction: boolean }
  | { do: 'fetch'; which: number }
  | { do: 'wait'; seconds: number }
  | { do: 'close'; which: number }
  | { do: 'discharge'; fail: boolean }
  | { do: 'crash' }
  | { do: 'compact' };

const small = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      to: fc.constantFrom(...Object.keys(TARGETS)),
      count: fc.integer({ min: 1, max: 3 }),
      session: fc.nat({ max: 2 }),
      ttl: fc.constantFrom(undefined, undefined, 20 * SECOND, 90 * SECOND),
      inTransaction: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      to: fc.constantFrom('plain', 't', 'from'),
      after: fc.integer({ min: -1, max: 90 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: small }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('receive' as const),
      from: fc.constantFrom(...RECEIVABLE),
      mode: fc.constantFrom('peek-lock' as const, 'peek-lock' as const, 'receive-and-delete' as const),
      count: fc.integer({ min: 1, max: 3 }),
      close: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      session: fc.constantFrom(undefined, 0, 1, 2),
      count: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: small,
      kind: fc.constantFrom<Kind>('complete', 'abandon', 'release', 'defer', 'dead-letter'),
      inTransaction: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fetch' as const), which: small }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 130 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), which: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('discharge' as const), fail: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'compact' as const }) },
);

/** The journal's own encoding, in memory. */
class Tape {
  private writer = new ByteWriter();

  write(record: StoredRecord): void {
    writeRecord(this.writer, record);
  }

  *read(): Generator<StoredRecord> {
    const bytes = new ByteReader(Buffer.from(this.writer.bytes));
    while (!bytes.isAtEnd) yield readRecord(bytes);
  }
}

class Run {
  private readonly clock = new VirtualClock();
  private tape = new Tape();
  private broker = this.start([]);
  private held: { entity: string; delivery: Delivery; body: string }[] = [];
  private deferred: { entity: string; sequenceNumber: number; session: string | undefined }[] = [];
  private scheduled: { to: string; sequenceNumber: number; body: string }[] = [];
  private receivers: Receiver[] = [];
  private transaction: { scopeId: string; transactionId: string } | undefined;
  private pending: (() => void)[] = [];
  /** How often each body must be found in each group, and how often it was consumed there. */
  private readonly expected = new Map<string, Set<Group>>();
  private readonly consumed = new Map<string, number>();
  private lastBody = 0;

  private start(restore: Iterable<StoredRecord>) {
    const broker = createBroker({ clock: this.clock, newId, reader, namespaceName: 'test', restore });
    broker.onRecord((record) => this.tape.write(record));
    broker.catchUp();
    const always = { deadLetteringOnMessageExpiration: true };
    const problems = broker.declare({
      queues: [
        queue('plain', { ...always, maxDeliveryCount: 3 }),
        queue('sessions', { ...always, requiresSession: true, maxDeliveryCount: 4 }),
        queue('from', { ...always, forwardTo: 'to' }),
        queue('to', { ...always, maxDeliveryCount: 2, lockDurationMs: 30 * SECOND }),
      ],
      topics: [
        {
          ...topic('t'),
          subscriptions: [
            { ...subscription('a', always), rules: [sql('r', '1 = 1')] },
            { ...subscription('b', { ...always, maxDeliveryCount: 2 }), rules: [sql('r', '1 = 1', "SET b = 'b'")] },
          ],
        },
      ],
    });
    expect(problems).toEqual([]);
    return broker;
  }

  do(action: Step): void {
    switch (action.do) {
      case 'send':
        this.send(action);
        break;
      case 'schedule':
        this.schedule(action.to, action.after);
        break;
      case 'cancel': {
        const [entry] = this.scheduled.splice(action.which % Math.max(1, this.scheduled.length), 1);
        if (entry && this.broker.cancelScheduled(entry.to, [entry.sequenceNumber]).ok) this.expected.delete(entry.body);
        break;
      }
      case 'receive': {
        const receiver = this.open(action.from, action.mode, undefined);
        receiver?.setCredit(action.count);
        if (action.close) receiver?.close();
        break;
      }
      case 'accept': {
        const session = action.session === undefined ? undefined : `s${action.session}`;
        this.open('sessions', 'peek-lock', session ?? null)?.setCredit(action.count);
        break;
      }
      case 'settle':
        this.settle(action.which, action.kind, action.inTransaction);
        break;
      case 'fetch':
        this.fetch(action.which);
        break;
      case 'wait':
        this.clock.advanceBy(action.seconds * SECOND);
        break;
      case 'close':
        this.receivers.splice(action.which % Math.max(1, this.receivers.length), 1)[0]?.close();
        break;
      case 'discharge':
        this.discharge(action.fail);
        break;
      case 'crash':
        this.crash();
        break;
      case 'compact': {
        const compacted = new Tape();
        for (const record of this.broker.records()) compacted.write(record);
        this.tape = compacted;
      }
    }
  }

  private newBody(): string {
    this.lastBody += 1;
    return `m${this.lastBody}`;
  }

  private reference() {
    this.transaction ??= { scopeId: 'c', transactionId: this.broker.declareTransaction('c').transactionId };
    return this.transaction;
  }

  private send({ to, count, session, ttl, inTransaction }: Extract<Step, { do: 'send' }>): void {
    const bodies = Array.from({ length: count }, () => this.newBody());
    const messages = bodies.map((body) => message(body, { sessionId: `s${session}`, timeToLiveMs: ttl }));
    const transaction = inTransaction ? this.reference() : undefined;
    if (!this.broker.send(to, messages, transaction && { transaction }).ok) return;
    const store = (): void => {
      for (const body of bodies) this.expected.set(body, new Set(TARGETS[to]));
    };
    if (inTransaction) this.pending.push(store);
    else store();
  }

  private schedule(to: string, after: number): void {
    const body = this.newBody();
    const scheduledEnqueueAt = this.clock.now() + after * SECOND;
    const { sequenceNumbers } = ok(this.broker.schedule(to, [message(body, { scheduledEnqueueAt })]));
    this.expected.set(body, new Set(TARGETS[to]));
    this.scheduled.push({ to, sequenceNumber: sequenceNumbers[0]!, body });
  }

  private open(path: string, mode: 'peek-lock' | 'receive-and-delete', session: string | null | undefined) {
    let receiver: Receiver | undefined;
    this.broker
      .openReceiver(
        path,
        {
          mode,
          identifier: 'run',
          ...(session === undefined
            ? {}
            : { session: session === null ? { next: true, timeoutMs: 0 } : { id: session } }),
          deliver: (delivery) => {
            const body = bodyOf(delivery.message);
            if (mode === 'receive-and-delete') this.consume(path, body);
            else this.held.push({ entity: path, delivery, body });
          },
          onLost: () => {},
        },
        (outcome) => {
          if (outcome.ok) receiver = outcome.receiver;
        },
      )
      .cancel();
    if (receiver) this.receivers.push(receiver);
    return receiver;
  }

  private settle(which: number, kind: Kind, inTransaction: boolean): void {
    const [entry] = this.held.splice(which % Math.max(1, this.held.length), 1);
    if (!entry) return;
    const { entity, delivery, body } = entry;
    const { sequenceNumber, sessionId } = delivery.message;
    const transaction = inTransaction ? this.reference() : undefined;
    const outcome = this.broker.settle(entity, delivery.lockToken!, { kind }, transaction && { transaction });
    if (!outcome.ok) return;
    const settled = (): void => {
      if (kind === 'complete') this.consume(entity, body);
      if (kind === 'defer') this.deferred.push({ entity, sequenceNumber, session: sessionId });
    };
    if (inTransaction) this.pending.push(settled);
    else settled();
  }

  private fetch(which: number): void {
    const entry = this.deferred[which % Math.max(1, this.deferred.length)];
    if (!entry) return;
    const { entity, sequenceNumber, session: sessionId } = entry;
    const outcome = this.broker.receiveDeferred(entity, [sequenceNumber], { mode: 'peek-lock', sessionId });
    if (!outcome.ok) return;
    for (const delivery of outcome.deliveries) this.held.push({ entity, delivery, body: bodyOf(delivery.message) });
  }

  private discharge(fail: boolean): void {
    if (!this.transaction) return;
    const outcome = this.broker.dischargeTransaction(this.transaction, fail);
    if (outcome.ok && !fail) for (const apply of this.pending) apply();
    this.transaction = undefined;
    this.pending = [];
  }

  private crash(): void {
    this.broker.endTransactionScope('c');
    const contents = contentsOf(this.broker);
    this.broker.close();
    this.transaction = undefined;
    this.pending = [];
    this.receivers = [];
    const before = this.tape;
    this.tape = new Tape();
    const records = [...before.read()];
    for (const record of records) this.tape.write(record);
    this.broker = this.start(records);
    expect(contentsOf(this.broker)).toEqual(contents);
  }

  private consume(entity: string, body: string): void {
    const key = `${groupOf(entity)} ${body}`;
    this.consumed.set(key, (this.consumed.get(key) ?? 0) + 1);
  }

  check(): void {
    const found = new Map(this.consumed);
    const places = new Map<string, number>();
    const inTopic = new Set<string>();
    for (const record of this.broker.records()) {
      if (record.type !== 'message') continue;
      const body = bodyOf({ content: record.message.content } as Delivery['message']);
      places.set(record.entity, (places.get(record.entity) ?? 0) + 1);
      if (record.entity === 't') inTopic.add(body);
      const key = `${groupOf(record.entity)} ${body}`;
      if (record.entity !== 't') found.set(key, (found.get(key) ?? 0) + 1);
    }
    const wanted = new Map<string, number>();
    for (const [body, groups] of this.expected)
      if (!inTopic.has(body)) for (const group of groups) wanted.set(`${group} ${body}`, 1);
    expect(sorted(found)).toEqual(sorted(wanted));
    for (const entity of ['plain', 'sessions', 'from', 'to', 't/Subscriptions/a', 't/Subscriptions/b', 't']) {
      const counts = ok(this.broker.counts(entity));
      expect(counts.active + counts.scheduled, entity).toBe(places.get(entity) ?? 0);
      expect(counts.deadLetter, entity).toBe(places.get(`${entity}${DLQ}`) ?? 0);
    }
  }

  /** At the end everything that is left can be had. */
  drain(): void {
    this.discharge(true);
    for (const receiver of this.receivers) receiver.close();
    this.clock.advanceBy(10 * 60 * SECOND);
    for (const { entity, sequenceNumber, session: sessionId } of this.deferred) {
      const holder = sessionId === undefined ? undefined : this.open(entity, 'peek-lock', sessionId);
      const outcome = this.broker.receiveDeferred(entity, [sequenceNumber], { mode: 'receive-and-delete', sessionId });
      if (outcome.ok) for (const delivery of outcome.deliveries) this.consume(entity, bodyOf(delivery.message));
      holder?.close();
    }
    for (const path of [...RECEIVABLE, `sessions${DLQ}`, `t/Subscriptions/a${DLQ}`, `t/Subscriptions/b${DLQ}`])
      this.open(path, 'receive-and-delete', undefined)?.setCredit(10_000);
    for (const session of ['s0', 's1', 's2']) this.open('sessions', 'receive-and-delete', session)?.setCredit(10_000);
    this.check();
    for (const path of Object.values(GROUPS).flat()) expect(ok(this.broker.counts(path)).total, path).toBe(0);
    this.broker.close();
    expect(this.clock.pendingTimers).toBe(0);
  }
}

const sorted = (map: ReadonlyMap<string, number>): [string, number][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

test('no message is lost or doubled by any sequence of operations and crashes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const run = new Run();
      for (const each of steps) {
        run.do(each);
        run.check();
      }
      run.drain();
    }),
    { numRuns: Number(process.env.CROSSOVER_PROPERTY_RUNS ?? 200) },
  );
}, 600_000);
