/**
 * What a path names. Entity names may hold slashes, subscription and rule names may not, and the words between them are read in any
 * letter case (verified with the official clients: docs/fidelity/service-bus-management.md):
 * ```
 * path         = "$namespaceinfo" / "$Resources/" kind / entity
 * entity       = name ["/Subscriptions" ["/" name ["/Rules" ["/" name]]]]
 * messages     = entity "/messages" ["/head" / "/" (message-id / sequence-number) "/" lock-token]
 * ```
 */
export type Route =
  | { readonly kind: 'root' }
  | { readonly kind: 'health' }
  | { readonly kind: 'inspect'; readonly rest: string }
  | { readonly kind: 'namespace' }
  | { readonly kind: 'queues' | 'topics' }
  | { readonly kind: 'other-resources'; readonly name: string }
  | { readonly kind: 'entity'; readonly name: string }
  | { readonly kind: 'subscriptions'; readonly topic: string }
  | { readonly kind: 'subscription'; readonly topic: string; readonly name: string }
  | { readonly kind: 'rules'; readonly topic: string; readonly subscription: string }
  | { readonly kind: 'rule'; readonly topic: string; readonly subscription: string; readonly name: string }
  | { readonly kind: 'send'; readonly entity: string }
  | { readonly kind: 'head'; readonly entity: string }
  | {
      readonly kind: 'locked-message';
      readonly entity: string;
      readonly messageId: string;
      readonly lockToken: string;
    };

const LOCK_TOKEN = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const MESSAGES = /^(.+)\/messages$/i;
const HEAD = /^(.+)\/messages\/head$/i;
const LOCKED_MESSAGE = new RegExp(`^(.+)/messages/(.+)/(${LOCK_TOKEN})$`, 'i');
const SUBSCRIPTIONS = /^(.+)\/subscriptions$/i;
const SUBSCRIPTION = /^(.+)\/subscriptions\/([^/]+)$/i;
const RULES = /^(.+)\/subscriptions\/([^/]+)\/rules$/i;
const RULE = /^(.+)\/subscriptions\/([^/]+)\/rules\/([^/]+)$/i;

/** @param path percent-decoded, without slashes at its ends */
export function routeOf(method: string, path: string): Route {
  return wellKnown(path) ?? messages(method, path) ?? belowTopic(path) ?? { kind: 'entity', name: path };
}

function wellKnown(path: string): Route | undefined {
  const lower = path.toLowerCase();
  if (path === '') return { kind: 'root' };
  if (lower === 'health') return { kind: 'health' };
  if (lower === 'inspect' || lower.startsWith('inspect/'))
    return { kind: 'inspect', rest: path.slice('inspect/'.length) };
  if (lower === '$namespaceinfo') return { kind: 'namespace' };
  const resources = /^\$resources\/(.+)$/.exec(lower)?.[1];
  if (resources === 'queues' || resources === 'topics') return { kind: resources };
  return resources === undefined ? undefined : { kind: 'other-resources', name: resources };
}

/** A queue may be called `a/messages`: only the methods of the data plane, which has no PUT or GET there, are read as such. */
function messages(method: string, path: string): Route | undefined {
  const locked = LOCKED_MESSAGE.exec(path);
  if (locked && method !== 'GET')
    return { kind: 'locked-message', entity: locked[1]!, messageId: locked[2]!, lockToken: locked[3]!.toLowerCase() };
  const head = HEAD.exec(path);
  if (head && (method === 'POST' || method === 'DELETE')) return { kind: 'head', entity: head[1]! };
  const send = MESSAGES.exec(path);
  return send && method === 'POST' ? { kind: 'send', entity: send[1]! } : undefined;
}

function belowTopic(path: string): Route | undefined {
  const rule = RULE.exec(path);
  if (rule) return { kind: 'rule', topic: rule[1]!, subscription: rule[2]!, name: rule[3]! };
  const rules = RULES.exec(path);
  if (rules) return { kind: 'rules', topic: rules[1]!, subscription: rules[2]! };
  const subscription = SUBSCRIPTION.exec(path);
  if (subscription) return { kind: 'subscription', topic: subscription[1]!, name: subscription[2]! };
  const subscriptions = SUBSCRIPTIONS.exec(path);
  return subscriptions ? { kind: 'subscriptions', topic: subscriptions[1]! } : undefined;
}
