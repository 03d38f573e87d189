import type { Clock } from '../../../../clock/index.ts';
import type { Broker } from '../../../engine/api.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import type { Route } from '../route.ts';
import { AtomContext } from './context.ts';
import { deleteEntity, getEntity, listQueues, listTopics, putEntity } from './entities.ts';
import { getNamespace } from './namespace.ts';
import {
  deleteRule,
  deleteSubscription,
  getRule,
  getSubscription,
  listRules,
  listSubscriptions,
  putRule,
  putSubscription,
} from './subscriptions.ts';

type Operation = (context: AtomContext) => HttpReply;
type Operations = Partial<Record<'GET' | 'PUT' | 'DELETE', Operation>>;

/** The operations of the ATOM interface, by what the path names; `undefined` when it names none of its entities. */
function operationsOf(route: Route, createdAt: number): Operations | undefined {
  switch (route.kind) {
    case 'root':
      return { GET: (context) => context.emptyFeed() };
    case 'namespace':
      return { GET: (context) => getNamespace(context, createdAt) };
    case 'queues':
      return { GET: listQueues };
    case 'topics':
      return { GET: listTopics };
    case 'other-resources':
      return {
        GET: (context) => context.refuse(501, `Listing '${route.name}' is not implemented in the local Service Bus.`),
      };
    case 'entity':
      return {
        GET: (context) => getEntity(context, route.name),
        PUT: (context) => putEntity(context, route.name),
        DELETE: (context) => deleteEntity(context, route.name),
      };
    case 'subscriptions':
      return { GET: (context) => listSubscriptions(context, route.topic) };
    case 'subscription':
      return {
        GET: (context) => getSubscription(context, route.topic, route.name),
        PUT: (context) => putSubscription(context, route.topic, route.name),
        DELETE: (context) => deleteSubscription(context, route.topic, route.name),
      };
    case 'rules':
      return { GET: (context) => listRules(context, `${route.topic}/Subscriptions/${route.subscription}`) };
    case 'rule': {
      const path = `${route.topic}/Subscriptions/${route.subscription}`;
      return {
        GET: (context) => getRule(context, path, route.name),
        PUT: (context) => putRule(context, path, route.name),
        DELETE: (context) => deleteRule(context, path, route.name),
      };
    }
    default:
      return undefined;
  }
}

/** Management over HTTP: the ATOM interface of the administration clients. */
export function createAtomHandler(
  broker: Broker,
  clock: Clock,
): (request: HttpRequest, route: Route) => HttpReply | undefined {
  const createdAt = clock.now();
  return (request, route) => {
    const operations = operationsOf(route, createdAt);
    if (!operations) return undefined;
    const context = new AtomContext(broker, clock, request);
    const operation = operations[request.method as keyof Operations];
    return operation ? operation(context) : context.refuse(405, `The method ${request.method} is not allowed here.`);
  };
}
