export type SubQueue = 'none' | 'dead-letter' | 'transfer-dead-letter';

export interface EntityPath {
  /** Queue or topic. */
  readonly root: string;
  readonly subscription: string | undefined;
  readonly subQueue: SubQueue;
}

const TRANSFER_DEAD_LETTER = '/$transfer/$deadletterqueue';
const DEAD_LETTER = '/$deadletterqueue';
const SUBSCRIPTIONS = /^(.+)\/subscriptions\/([^/]+)$/i;

/** Reads a path in any letter case. Queue and topic names may hold slashes, so the ends are taken off first. */
export function parsePath(path: string): EntityPath {
  // Most paths are the name of a queue, and every operation reads one.
  if (!path.includes('/')) return { root: path, subscription: undefined, subQueue: 'none' };
  let rest = path.replace(/^\/+|\/+$/g, '');
  const lower = rest.toLowerCase();
  let subQueue: SubQueue = 'none';
  if (lower.endsWith(TRANSFER_DEAD_LETTER)) {
    subQueue = 'transfer-dead-letter';
    rest = rest.slice(0, -TRANSFER_DEAD_LETTER.length);
  } else if (lower.endsWith(DEAD_LETTER)) {
    subQueue = 'dead-letter';
    rest = rest.slice(0, -DEAD_LETTER.length);
  }
  const match = SUBSCRIPTIONS.exec(rest);
  if (match) return { root: match[1]!, subscription: match[2]!, subQueue };
  return { root: rest, subscription: undefined, subQueue };
}

export function subscriptionPath(topic: string, subscription: string): string {
  return `${topic}/Subscriptions/${subscription}`;
}

export function subQueuePath(path: string, subQueue: SubQueue): string {
  if (subQueue === 'none') return path;
  return subQueue === 'dead-letter' ? `${path}/$DeadLetterQueue` : `${path}/$Transfer/$DeadLetterQueue`;
}
