import type {
  CompiledRule,
  EntityDefinition,
  EntityTimes,
  MessageChanges,
  RuleError,
  RuleInfo,
  SubscriptionDefinition,
  SubscriptionInfo,
} from './api.ts';
import { applicationChanges, changedBytes, changedProperties, mergeChanges } from './changes.ts';
import { contentAt } from './content-arena.ts';
import { effectiveTimeToLive, type Incoming } from './incoming.ts';
import type { Kernel } from './kernel.ts';
import { LIMITS } from './limits.ts';
import { subscriptionPath } from './paths.ts';
import { QueueGroup } from './queue-group.ts';
import type { SizeAccount } from './size-account.ts';
import type { MessageView } from './values.ts';

export interface Rule {
  readonly compiled: CompiledRule;
  readonly createdAt: number;
}

/** What the rules of a subscription make of a message. */
interface Selection {
  /** The changes of each copy; `undefined`: a plain copy. */
  readonly copies: readonly (MessageChanges | undefined)[];
  readonly failures: readonly { readonly ruleName: string; readonly error: RuleError }[];
}

const byName = (a: RuleInfo, b: RuleInfo): number => (a.rule.name < b.rule.name ? -1 : 1);

export class SubscriptionEntity {
  readonly kind = 'subscription';
  readonly path: string;
  readonly topicName: string;
  readonly group: QueueGroup;
  readonly rules = new Map<string, Rule>();
  definition: SubscriptionDefinition;
  times: EntityTimes;
  lastUseAt: number;
  private wasUsed = false;
  private readonly kernel: Kernel;

  constructor(
    kernel: Kernel,
    topicName: string,
    definition: SubscriptionDefinition,
    times: EntityTimes,
    account: SizeAccount,
  ) {
    this.kernel = kernel;
    this.topicName = topicName;
    this.path = subscriptionPath(topicName, definition.name);
    this.definition = definition;
    this.times = times;
    this.lastUseAt = kernel.now();
    this.group = new QueueGroup(kernel, this.path, definition, account, {
      onActivation: (message) => {
        throw new Error(`Message ${message.sequenceNumber} is scheduled in a subscription.`);
      },
      noteUse: () => this.noteUse(),
    });
  }

  get requiresSession(): boolean {
    return this.definition.requiresSession;
  }

  get isBusy(): boolean {
    return this.group.isBusy;
  }

  get entityDefinition(): EntityDefinition {
    return { kind: 'subscription', topicName: this.topicName, definition: this.definition };
  }

  get info(): SubscriptionInfo {
    const { createdAt, updatedAt } = this.times;
    return {
      topicName: this.topicName,
      definition: this.definition,
      counts: this.group.counts,
      createdAt,
      updatedAt,
      accessedAt: this.accessedAt,
    };
  }

  get ruleInfos(): RuleInfo[] {
    return [...this.rules.values()]
      .map(({ compiled, createdAt }) => ({ rule: compiled.definition, createdAt }))
      .sort(byName);
  }

  noteUse(): void {
    this.lastUseAt = this.kernel.now();
    this.wasUsed = true;
  }

  /** The last use, also before a restart; when it was made, if it was not used. */
  get accessedAt(): number {
    return this.wasUsed ? this.lastUseAt : this.times.accessedAt;
  }

  update(definition: SubscriptionDefinition): void {
    this.definition = definition;
    this.group.update(definition);
  }

  /** A message that its topic took: as many copies as the rules say, or dead letters. A disabled subscription collects too. */
  offer(published: Incoming, topicTimeToLiveMs: number | undefined, view: MessageView): void {
    const selection = this.select(view);
    for (const changes of selection.copies) this.take(published, topicTimeToLiveMs, changes);
    for (const { ruleName, error } of selection.failures) {
      this.kernel.emit({
        type: 'rule-failed',
        entity: this.path,
        ruleName,
        sequenceNumber: published.from!.sequenceNumber,
        error,
      });
      if (this.definition.deadLetteringOnFilterEvaluationExceptions)
        this.group.admitDead(published, this.group.deadLetters, error.reason, error.description);
    }
  }

  /**
   * All matching rules without an action make one copy together; each with an action makes its own, which names the rule
   * (V fil). A rule that fails makes none; the others run on (service-bus-filters.md §2).
   */
  private select(view: MessageView): Selection {
    const copies: (MessageChanges | undefined)[] = [];
    const failures: { ruleName: string; error: RuleError }[] = [];
    let hasPlainCopy = false;
    for (const { compiled } of this.rules.values()) {
      if (hasPlainCopy && !compiled.hasAction) continue;
      const ruleName = compiled.definition.name;
      const verdict = compiled.matches(view);
      if (verdict === 'no-match') continue;
      if (verdict !== 'match') failures.push({ ruleName, error: verdict.error });
      else if (!compiled.hasAction) {
        hasPlainCopy = true;
        copies.push(undefined);
      } else {
        const result = compiled.applyAction(view);
        if ('error' in result) failures.push({ ruleName, error: result.error });
        else
          copies.push(
            mergeChanges(result.changes, applicationChanges([['RuleName', { type: 'string', value: ruleName }]])),
          );
      }
    }
    return { copies, failures };
  }

  private take(
    published: Incoming,
    topicTimeToLiveMs: number | undefined,
    ruleChanges: MessageChanges | undefined,
  ): void {
    const properties = changedProperties(published.properties, ruleChanges);
    const copy: Incoming = { ...published, properties, changes: mergeChanges(published.changes, ruleChanges) };
    if (this.requiresSession && properties.sessionId === undefined) {
      this.group.admitDead(
        copy,
        this.group.deadLetters,
        'Session id is null.',
        "Session enabled entity doesn't allow a message whose session identifier is null.",
      );
      return;
    }
    if (ruleChanges && this.isHeaderFull(copy)) {
      this.group.admitDead(
        published,
        this.group.deadLetters,
        'HeaderSizeExceeded',
        'The size quota for this stream has been exceeded.',
      );
      return;
    }
    // Where the topic's time is the shorter one, the topic wins (V exp).
    const asked = effectiveTimeToLive(properties.timeToLiveMs, topicTimeToLiveMs ?? Number.POSITIVE_INFINITY);
    this.group.admit(copy, { timeToLiveMs: asked });
  }

  /** Only a rule's action can make a header grow that the topic has taken. */
  private isHeaderFull({ location, changes }: Incoming): boolean {
    const addedBytes = changedBytes(changes);
    if (location.length + addedBytes <= LIMITS.headerBytes) return false;
    const { headerBytes } = this.kernel.arena.reader.measureHeader(contentAt(location));
    return headerBytes + addedBytes > LIMITS.headerBytes;
  }

  dispose(): void {
    this.group.dispose();
  }
}
