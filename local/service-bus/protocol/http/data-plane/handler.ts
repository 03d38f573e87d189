import type { Clock } from '../../../../clock/index.ts';
import type { Broker } from '../../../engine/api.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import type { Route } from '../route.ts';
import { lockedMessage } from './locked-message.ts';
import { receive } from './receive.ts';
import { send } from './send.ts';

/** Makes an error of the service's shape. */
export type Fail = (status: number, detail: string) => HttpReply;

/** The REST operations on messages. */
export function createDataPlaneHandler(o: {
  readonly broker: Broker;
  readonly clock: Clock;
}): (request: HttpRequest, route: Route, fail: Fail) => HttpReply | Promise<HttpReply> {
  return (request, route, fail) => {
    switch (route.kind) {
      case 'send':
        return send(o.broker, request, route.entity, fail);
      case 'head':
        return receive(o.broker, o.clock, request, route.entity, fail);
      case 'locked-message':
        return lockedMessage(o.broker, request, route.entity, route.lockToken, fail);
      default:
        return fail(404, `There is nothing at '${request.path}'.`);
    }
  };
}
