import type { Clock, VirtualClock } from '../../../../clock/index.ts';
import type { Broker } from '../../../engine/api.ts';
import type { Faults } from '../../faults.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import { showClock, stepClock } from './clock.ts';
import { listEntities, peekMessages, purge, reset, showEntity } from './entities.ts';
import { addFault, detach, loseLock } from './faults.ts';
import { json, problem, readJson } from './json.ts';

export interface InspectionOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly virtualClock?: VirtualClock;
  readonly faults?: Faults;
}

type Operation = (request: HttpRequest, given: Record<string, unknown>, rest: string) => HttpReply;

/** Inspection for people and tests: docs/inspection.md. It asks for no token, so it serves pages of this machine only. */
export function createInspectionHandler(o: InspectionOptions): (request: HttpRequest, rest: string) => HttpReply {
  const operations = createOperations(o);
  return (request, rest) => {
    const origin = request.header('origin');
    if (origin !== undefined && !isLocalOrigin(origin))
      return problem(403, 'not-allowed', `Pages of ${origin} may not use the inspection interface.`);
    const allowed = corsHeaders(origin);
    if (request.method === 'OPTIONS') return { status: 204, headers: allowed };
    const reply = run(operations, request, rest);
    return { ...reply, headers: { ...reply.headers, ...allowed } };
  };
}

function run(operations: ReadonlyMap<string, Operation>, request: HttpRequest, rest: string): HttpReply {
  const [name = '', ...below] = rest.split('/');
  const operation = operations.get(`${request.method} ${name}`);
  if (!operation)
    return problem(404, 'not-found', `There is no ${request.method} /inspect/${rest}; see docs/inspection.md.`);
  const given = readJson(request);
  if (!given) return problem(400, 'invalid-argument', 'The body is not a JSON object.');
  return operation(request, given, below.join('/'));
}

function createOperations(o: InspectionOptions): ReadonlyMap<string, Operation> {
  const { broker, clock, virtualClock } = o;
  const withFaults =
    (operation: (faults: Faults, given: Record<string, unknown>, rest: string) => HttpReply): Operation =>
    (_request, given, rest) =>
      o.faults ? operation(o.faults, given, rest) : problem(501, 'not-implemented', 'This broker takes no faults.');
  const withEntity =
    (operation: (entity: string) => HttpReply): Operation =>
    (_request, given) =>
      typeof given.entity === 'string'
        ? operation(given.entity)
        : problem(400, 'invalid-argument', 'entity is missing.');
  return new Map<string, Operation>([
    ['GET ', () => overview(o)],
    [
      'GET entities',
      (_request, _given, rest) => (rest ? showEntity(broker, rest) : json(200, { entities: listEntities(broker) })),
    ],
    ['GET messages', (request) => peekMessages(broker, request)],
    [
      'GET receivers',
      (request) => json(200, { receivers: broker.receivers(request.query.get('entity') ?? undefined) }),
    ],
    ['POST purge', withEntity((entity) => purge(broker, entity))],
    [
      'POST reset',
      (_request, given) => {
        o.faults?.removeAll();
        return reset(broker, typeof given.entity === 'string' ? given.entity : undefined);
      },
    ],
    ['GET faults', withFaults((faults) => json(200, { faults: faults.list() }))],
    ['POST faults', withFaults((faults, given) => addFault(faults, given))],
    ['DELETE faults', withFaults((faults, _given, id) => removeFaults(faults, id))],
    ['POST detach', withFaults((faults, given) => detach(faults, given))],
    ['POST lose-lock', (_request, given) => loseLock(broker, given)],
    ['GET clock', () => showClock(clock, virtualClock)],
    ['POST clock', (_request, given) => stepClock(clock, virtualClock, given)],
  ]);
}

function overview(o: InspectionOptions): HttpReply {
  const entities = listEntities(o.broker);
  return json(200, {
    namespaceName: o.broker.namespaceName,
    tier: o.broker.tier,
    now: new Date(o.clock.now()).toISOString(),
    isClockVirtual: o.virtualClock !== undefined,
    entities: entities.length,
    messages: entities.reduce((sum, { counts }) => sum + counts.total, 0),
    faults: o.faults?.list().length ?? 0,
  });
}

function removeFaults(faults: Faults, id: string): HttpReply {
  if (id === '') faults.removeAll();
  else if (!faults.remove(id)) return problem(404, 'not-found', `There is no fault ${id}.`);
  return { status: 204 };
}

function isLocalOrigin(origin: string): boolean {
  try {
    const { hostname } = new URL(origin);
    return (
      hostname === 'localhost' || hostname === '[::1]' || hostname.endsWith('.localhost') || hostname.startsWith('127.')
    );
  } catch {
    return false;
  }
}

function corsHeaders(origin: string | undefined): Record<string, string> {
  if (origin === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': 'content-type',
    vary: 'Origin',
  };
}
