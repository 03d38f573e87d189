import type { NewEvent, Position } from './event.ts';
import { partitionForKey } from './key-hash.ts';
import type { OpenReaderRefusal, PublishOutcome } from './outcomes.ts';
import type { Partition } from './partition.ts';
import type { Reader, ReaderListener } from './reader.ts';

/** Where a publication goes. A partition wins over a key; neither: the partitions take turns. */
export interface PublishRequest {
  readonly partitionId?: string | undefined;
  /** Of a link to `hub/Publishers/<name>`: its key is its name. */
  readonly publisher?: string | undefined;
  readonly partitionKey?: string | undefined;
  /** At least one. They stay together, in order, in one partition. */
  readonly events: readonly NewEvent[];
  /** As sent, for the quota. */
  readonly sizeBytes: number;
}

export interface OpenReaderRequest {
  readonly partitionId: string;
  /** Any letter case. */
  readonly consumerGroup: string;
  readonly position: Position;
  readonly ownerLevel?: number | undefined;
  readonly name?: string | undefined;
  readonly listener: ReaderListener;
}

export type OpenReaderOutcome = { readonly outcome: 'opened'; readonly reader: Reader } | OpenReaderRefusal;

export interface HubOptions {
  readonly name: string;
  readonly createdAt: number;
  readonly consumerGroups: readonly string[];
  readonly partitions: readonly Partition[];
  readonly maxPublicationBytes: number;
}

/** An event hub: which partition a publication goes to, and who may read which. */
export class Hub {
  /** As declared. */
  readonly name: string;
  readonly createdAt: number;
  private readonly groups: string[];
  readonly partitions: readonly Partition[];
  readonly maxPublicationBytes: number;
  private nextInTurn = 0;
  private isThrottled = false;

  constructor(options: HubOptions) {
    this.name = options.name;
    this.createdAt = options.createdAt;
    this.groups = [...options.consumerGroups];
    this.partitions = options.partitions;
    this.maxPublicationBytes = options.maxPublicationBytes;
  }

  /** A fault to test with: while on, every publication is refused as over the throughput units. */
  set throttled(on: boolean) {
    this.isThrottled = on;
  }

  get throttled(): boolean {
    return this.isThrottled;
  }

  /** Ids are "0" to "n-1", in that spelling alone. */
  partition(partitionId: string): Partition | undefined {
    return /^(0|[1-9]\d*)$/.test(partitionId) ? this.partitions[Number(partitionId)] : undefined;
  }

  get consumerGroups(): readonly string[] {
    return this.groups;
  }

  createConsumerGroup(name: string): void {
    if (this.consumerGroup(name) === undefined) this.groups.push(name);
  }

  /** The group's name as declared. */
  consumerGroup(name: string): string | undefined {
    return this.groups.find((declared) => declared.toLowerCase() === name.toLowerCase());
  }

  publish(request: PublishRequest): PublishOutcome {
    const { sizeBytes, partitionId, publisher } = request;
    if (sizeBytes > this.maxPublicationBytes)
      return { outcome: 'publication-too-large', sizeBytes, limitBytes: this.maxPublicationBytes };
    if (this.isThrottled) return { outcome: 'throttled' };
    if (partitionId !== undefined) {
      const partition = this.partition(partitionId);
      return partition?.append(request.events) ?? { outcome: 'partition-not-found', hub: this.name, partitionId };
    }
    if (publisher === undefined) return this.choose(request.partitionKey).append(request.events);
    const foreign = request.events.find((event) => (event.partitionKey ?? publisher) !== publisher);
    const otherKey = foreign?.partitionKey ?? request.partitionKey ?? publisher;
    if (otherKey !== publisher) return { outcome: 'publisher-key-mismatch', publisher, partitionKey: otherKey };
    return this.choose(publisher).append(request.events.map((event) => ({ ...event, partitionKey: publisher })));
  }

  openReader(request: OpenReaderRequest): OpenReaderOutcome {
    const { partitionId } = request;
    const consumerGroup = this.consumerGroup(request.consumerGroup);
    if (consumerGroup === undefined)
      return { outcome: 'consumer-group-not-found', hub: this.name, consumerGroup: request.consumerGroup };
    const partition = this.partition(partitionId);
    if (!partition) return { outcome: 'partition-not-found', hub: this.name, partitionId };
    const { position, ownerLevel, name, listener } = request;
    return partition.openReader({ consumerGroup, position, ownerLevel, name, listener });
  }

  private choose(partitionKey: string | undefined): Partition {
    if (partitionKey !== undefined) return this.partitions[partitionForKey(partitionKey, this.partitions.length)]!;
    const partition = this.partitions[this.nextInTurn]!;
    this.nextInTurn = (this.nextInTurn + 1) % this.partitions.length;
    return partition;
  }
}
