import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../../clock/index.ts';
import type { Broker, Refusal } from '../../../engine/api.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import { statusOf } from '../statuses.ts';
import { parseXml, type XmlElement } from '../xml.ts';
import type { WriteContext } from './description.ts';
import { type Entry, entryReply, errorReply, feedReply } from './envelope.ts';

const NEWEST_VERSION = '2024-05';
const LARGEST_PAGE = 100;
/** Stands in many of the service's errors; where it is the last, a space and a point follow. */
export const SEE_MORE = 'To know more visit https://aka.ms/sbResourceMgrExceptions.';

/** What every operation of the management interface is given, and the ways in which it answers. */
export class AtomContext {
  readonly broker: Broker;
  readonly request: HttpRequest;
  readonly write: WriteContext;
  private readonly clock: Clock;

  constructor(broker: Broker, clock: Clock, request: HttpRequest) {
    this.broker = broker;
    this.clock = clock;
    this.request = request;
    this.write = {
      host: request.host,
      apiVersion: request.query.get('api-version') ?? NEWEST_VERSION,
      defaultMessageKilobytes: broker.tier === 'Premium' ? 1024 : 256,
    };
  }

  /** `If-Match` makes a PUT an update; the service knows no entity tags but `*`. */
  get isUpdate(): boolean {
    return this.request.header('if-match') !== undefined;
  }

  /** `https://host/orders?api-version=2021-05` */
  uri(path: string): string {
    const encoded = path.split('/').map(encodeSegment).join('/');
    return `${this.request.origin}/${encoded}?api-version=${encodeURIComponent(this.write.apiVersion)}`;
  }

  entry(status: number, entry: Entry): HttpReply {
    return entryReply(status, entry, this.broker.namespaceName);
  }

  /** The page that `$skip` and `$top` ask for. */
  page<T>(path: string, title: string, all: readonly T[], toEntry: (item: T) => Entry): HttpReply {
    const skip = this.count('$skip', 0);
    const top = Math.min(this.count('$top', LARGEST_PAGE), LARGEST_PAGE);
    const entries = all.slice(skip, skip + top).map(toEntry);
    const next = `${this.uri(path)}&$skip=${skip + top}&$top=${top}`;
    const feed = {
      id: this.uri(path),
      title,
      updatedAt: this.clock.now(),
      entries,
      namespaceName: this.broker.namespaceName,
    };
    return feedReply(skip + top < all.length && top > 0 ? { ...feed, nextLink: next } : feed);
  }

  /** How the service answers a GET for a queue or topic that is not there. */
  emptyFeed(): HttpReply {
    return this.page(this.request.path, 'Publicly Listed Services', [], () => {
      throw new Error('An empty feed has no entries.');
    });
  }

  /** The description inside the request's entry, whose name must be `name`. */
  readDescription(name: string): XmlElement | HttpReply {
    const root = parseXml(this.request.body.toString('utf8'));
    if ('problem' in root) return this.refuse(400, `SubCode=40000. The request body is not valid XML: ${root.problem}`);
    const description = root.child('content')?.child(name);
    if (root.name === 'entry' && description) return description;
    return this.refuse(400, `SubCode=40000. Bad Request. The request body has no ${name} in an entry's content.`);
  }

  /** True when the entry describes a `name`. */
  describes(name: string): boolean {
    const root = parseXml(this.request.body.toString('utf8'));
    return !('problem' in root) && root.child('content')?.child(name) !== undefined;
  }

  refusal(refusal: Refusal): HttpReply {
    const { status, detail } = statusOf(refusal);
    return this.refuse(status, refusal.outcome === 'entity-not-found' ? this.notFoundText(refusal.entity) : detail);
  }

  notFound(entity: string): HttpReply {
    return this.refuse(404, this.notFoundText(entity));
  }

  badRequest(problem: string): HttpReply {
    return this.refuse(400, `SubCode=40000. Bad Request. ${problem}`);
  }

  /** Azure's answer to an update of a queue or topic that is not there (recorded by azure-servicebus' tests). */
  nothingToUpdate(): HttpReply {
    return this.refuse(404, `SubCode=40400. Not Found. The Operation doesn't exist. ${SEE_MORE} .`);
  }

  /** Azure's answer to an element that is newer than the request's api-version (recorded by azure-servicebus' tests). */
  badDescription(name: string): HttpReply {
    return this.refuse(
      400,
      `SubCode=40000. The entity description of type '${name}' has unsupported properties for api-version '${this.write.apiVersion}' in the request. Try including the correct api-version query string in the request.`,
    );
  }

  private notFoundText(entity: string): string {
    return `Entity '${this.broker.namespaceName}:${entity.replace(/^\//, '')}' was not found. ${SEE_MORE}`;
  }

  refuse(status: number, detail: string): HttpReply {
    return errorReply(status, traced(detail, this.broker.namespaceName, this.request.path, this.clock));
  }

  private count(name: string, absent: number): number {
    const text = this.request.query.get(name);
    return text !== null && /^\d+$/.test(text) ? Number(text) : absent;
  }
}

/** The detail with the tracking text behind it that the service gives every error. */
export function traced(detail: string, namespaceName: string, path: string, clock: Clock): string {
  const at = new Date(clock.now()).toISOString().slice(0, 19);
  return `${detail} TrackingId:${randomUUID()}_G0, SystemTracker:${namespaceName}:${path}, Timestamp:${at}`;
}

/** `$Resources` and `$Default` keep their dollar sign, which a path may hold and which clients look for. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll('%24', '$');
}
