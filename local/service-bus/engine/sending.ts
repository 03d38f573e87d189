import type { InTransaction, NewMessage, Outcome, SendOptions } from './api.ts';
import type { Destination } from './forwarding.ts';
import type { Incoming } from './incoming.ts';
import { checkMessages, checkScheduled, quotaOf } from './message-checks.ts';
import type { Entity, Namespace } from './namespace.ts';
import type { Refusal } from './outcomes.ts';
import { putDeadLetter } from './queue-group.ts';
import { entityDisabled, entityNotFound, messageNotFound, OK, refuse } from './refusals.ts';
import type { Transactions } from './transactions.ts';

/** Send, send-via, schedule and cancel. */
export class Sending {
  private readonly namespace: Namespace;
  private readonly transactions: Transactions;

  constructor(namespace: Namespace, transactions: Transactions) {
    this.namespace = namespace;
    this.transactions = transactions;
  }

  /** The queue or topic that a sender may send to. */
  target(path: string): Outcome<{ readonly destination: Destination }> {
    const place = this.namespace.find(path);
    if (!place) return entityNotFound(path);
    const { entity, subQueue } = place;
    if (subQueue !== 'none')
      return refuse('not-allowed', place.queue.path, `Messages cannot be sent to the sub-queue '${place.queue.path}'.`);
    if (entity.kind === 'subscription')
      return refuse('not-allowed', entity.path, `Messages cannot be sent to the subscription '${entity.path}'.`);
    if (!entity.takesMessages) return entityDisabled(entity.path);
    return { ok: true, destination: entity };
  }

  send(
    path: string,
    messages: readonly NewMessage[],
    options: SendOptions,
  ): Outcome<{ readonly sequenceNumbers: readonly number[] }> {
    if (options.via !== undefined) return this.sendVia(path, options.via, messages, options);
    const target = this.target(path);
    if (!target.ok) return target;
    const { destination } = target;
    const problem = this.check(destination, messages);
    if (problem) return problem;
    destination.noteUse();
    if (!options.transaction) return { ok: true, sequenceNumbers: this.admit(destination, messages) };
    const kept = messages.map((message) => this.incoming(message));
    const result = this.transactions.enlist(options.transaction, destination.path, messages.length, {
      check: () => (this.target(path).ok ? undefined : entityDisabled(path)),
      commit: () => {
        for (const incoming of kept) destination.arrive(incoming);
      },
      rollback: () => {},
    });
    return result.ok ? { ok: true, sequenceNumbers: messages.map(() => 0) } : result;
  }

  schedule(
    path: string,
    messages: readonly NewMessage[],
    options: InTransaction,
  ): Outcome<{ readonly sequenceNumbers: readonly number[] }> {
    const target = this.target(path);
    if (!target.ok) return target;
    const { destination } = target;
    const problem = this.check(destination, messages) ?? checkScheduled(destination.path, messages);
    if (problem) return problem;
    destination.noteUse();
    if (!options.transaction) return { ok: true, sequenceNumbers: this.admit(destination, messages) };
    const queue = destination.kind === 'queue' ? destination.group.main : destination.shelf;
    const reserved = messages.map((message) => ({
      incoming: this.incoming(message),
      sequenceNumber: queue.nextSequenceNumber(),
    }));
    const result = this.transactions.enlist(options.transaction, destination.path, messages.length, {
      check: () => (this.target(path).ok ? undefined : entityDisabled(path)),
      commit: () => {
        const now = this.namespace.kernel.now();
        // What is due by now is appended like what the transaction sends, so that its operations keep their order.
        for (const { incoming, sequenceNumber } of reserved)
          destination.arrive(incoming, (incoming.scheduledEnqueueAt ?? 0) > now ? sequenceNumber : undefined);
      },
      rollback: () => {},
    });
    if (!result.ok) return result;
    return { ok: true, sequenceNumbers: reserved.map(({ sequenceNumber }) => sequenceNumber) };
  }

  cancel(path: string, sequenceNumbers: readonly number[], options: InTransaction): Outcome {
    const target = this.target(path);
    if (!target.ok) return target;
    const { destination } = target;
    const queue = destination.kind === 'queue' ? destination.group.main : destination.shelf;
    const check = (): Refusal | undefined => {
      for (const sequenceNumber of sequenceNumbers)
        if (queue.messages.get(sequenceNumber)?.phase !== 'scheduled')
          return messageNotFound(destination.path, sequenceNumber);
      return undefined;
    };
    const commit = (): void => {
      for (const sequenceNumber of new Set(sequenceNumbers))
        queue.remove(queue.messages.get(sequenceNumber)!, 'canceled');
    };
    const problem = check();
    if (problem) return problem;
    destination.noteUse();
    if (options.transaction)
      return this.transactions.enlist(options.transaction, destination.path, sequenceNumbers.length, {
        check,
        commit,
        rollback: () => {},
      });
    commit();
    return OK;
  }

  /**
   * Send-via (contracts §13): the message belongs to `via` until the transaction commits and moves on from there. What
   * cannot move on ends in the transfer dead-letter queue of `via`.
   */
  private sendVia(
    path: string,
    via: string,
    messages: readonly NewMessage[],
    options: InTransaction,
  ): Outcome<{ readonly sequenceNumbers: readonly number[] }> {
    const viaPlace = this.namespace.find(via);
    if (!viaPlace) return entityNotFound(via);
    const found = this.namespace.destination(path.replace(/^\/+/, ''));
    if (!found) return entityNotFound(path);
    const viaEntity = viaPlace.entity;
    const problem = this.check(found, messages);
    if (problem && problem.outcome !== 'quota-exceeded') return problem;
    const kept = messages.map((message) => this.incoming(message));
    const commit = (): void => {
      for (const incoming of kept) this.transfer(viaEntity, path, incoming);
    };
    if (!options.transaction) commit();
    else {
      const root = viaEntity.kind === 'subscription' ? viaEntity.topicName : viaEntity.path;
      const result = this.transactions.enlist(options.transaction, root, messages.length, {
        check: () => undefined,
        commit,
        rollback: () => {},
      });
      if (!result.ok) return result;
    }
    return { ok: true, sequenceNumbers: messages.map(() => 0) };
  }

  private transfer(via: Entity, path: string, incoming: Incoming): void {
    const target = this.target(path);
    const problem = !target.ok
      ? target
      : target.destination.account.hasRoomFor(incoming.location.length)
        ? undefined
        : quotaOf(target.destination);
    if (target.ok && !problem) {
      target.destination.arrive(incoming);
      return;
    }
    // The service's reasons are not published (I).
    const reason = problem?.outcome ?? 'unknown';
    const detail = problem?.detail ?? '';
    if (via.kind === 'topic')
      putDeadLetter(via.transferDeadLetters, incoming, via.shelf.nextSequenceNumber(), reason, detail);
    else via.group.admitDead(incoming, via.group.transferDeadLetters, reason, detail);
  }

  private check(destination: Destination, messages: readonly NewMessage[]): Refusal | undefined {
    const { tier, kernel } = this.namespace;
    return checkMessages(destination, messages, tier, kernel.arena.reader);
  }

  private admit(destination: Destination, messages: readonly NewMessage[]): number[] {
    return messages.map((message) => destination.arrive(this.incoming(message)));
  }

  private incoming(message: NewMessage): Incoming {
    const { kernel } = this.namespace;
    const { scheduledEnqueueAt, messageId } = message.properties;
    // A message without an id gets one: the SDK's subscribe cannot do without (@azure/service-bus 7.9.5 throws on such a message).
    const assignedId = messageId === undefined ? kernel.newId().replaceAll('-', '') : undefined;
    const isLater = scheduledEnqueueAt !== undefined && scheduledEnqueueAt > kernel.now();
    return {
      location: kernel.arena.store(message.content),
      properties: assignedId === undefined ? message.properties : { ...message.properties, messageId: assignedId },
      changes: undefined,
      assignedId,
      enqueuedSequenceNumber: undefined,
      deadLetterSource: undefined,
      hops: 0,
      cause: isLater ? 'scheduled' : 'sent',
      from: undefined,
      scheduledEnqueueAt: isLater ? scheduledEnqueueAt : undefined,
      waitedUntil: undefined,
    };
  }
}
