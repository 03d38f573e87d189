import { randomUUID } from 'node:crypto';
import { ServiceBusAdministrationClient, type ServiceBusAdministrationClientOptions } from '@azure/service-bus';
import { createAuthorizer, createSharedAccessSignature, developmentCertificate } from '../../../local/auth/index.ts';
import { VirtualClock } from '../../../local/clock/index.ts';
import type { Tier } from '../../../local/service-bus/engine/api.ts';
import { createBroker } from '../../../local/service-bus/engine/index.ts';
import { messageReader } from '../../../local/service-bus/protocol/amqp/message-reading.ts';
import { Faults } from '../../../local/service-bus/protocol/faults.ts';
import { type Management, startManagement } from '../../../local/service-bus/protocol/http/index.ts';
import type { AuthorizationRule } from '../../../local/topology/types.ts';

export const KEY_NAME = 'RootManageSharedAccessKey';
export const KEY = 'SAS_KEY_VALUE';

/** A broker on a virtual clock with its management interface, and what a test reaches it with. */
export async function startManagementForTest(
  o: { tier?: Tier; rules?: AuthorizationRule[]; health?: () => boolean } = {},
) {
  const clock = new VirtualClock(Date.now());
  const broker = createBroker({
    clock,
    newId: randomUUID,
    reader: messageReader,
    namespaceName: 'crossover',
    tier: o.tier ?? 'Premium',
  });
  const faults = new Faults();
  const problems: string[] = [];
  const certificate = await developmentCertificate({ folder: null });
  const management = await startManagement({
    port: 0,
    certificate,
    broker,
    authorizer: createAuthorizer({
      namespaceRules: o.rules ?? [],
      entityRules: (path) => {
        const queue = broker.getQueue(path);
        return queue.ok ? queue.definition.authorizationRules : undefined;
      },
      clock,
      mode: 'sas',
    }),
    clock,
    virtualClock: clock,
    faults,
    log: (level, source, text) => {
      if (level === 'error') problems.push(`${source}: ${text}`);
    },
    health: o.health ?? (() => true),
  });
  return {
    clock,
    broker,
    faults,
    management,
    /** What was logged as an error. */
    problems,
    admin: (options: AdminOptions = {}) => administrationClient(management, certificate.cert, options),
    http: httpFor(management.url, clock),
    token: () => developmentToken(management.url, clock),
    async close() {
      await management.close();
      broker.close();
    },
  };
}

export type ManagementForTest = Awaited<ReturnType<typeof startManagementForTest>>;

type AdminOptions = ServiceBusAdministrationClientOptions & { readonly key?: string };

/** The published client, unpatched, over TLS; it trusts the development certificate. */
function administrationClient(
  management: Management,
  ca: string,
  { key = KEY, ...options }: AdminOptions,
): ServiceBusAdministrationClient {
  return new ServiceBusAdministrationClient(
    `Endpoint=sb://localhost:${management.port};SharedAccessKeyName=${KEY_NAME};SharedAccessKey=${key}`,
    {
      retryOptions: { maxRetries: 0 },
      // What NODE_EXTRA_CA_CERTS does for a whole process.
      ...({ tlsOptions: { ca } } as object),
      ...options,
    },
  );
}

/** Plain HTTP with a token of the development key. */
function httpFor(url: string, clock: VirtualClock) {
  return (
    method: string,
    path: string,
    o: { body?: string | Uint8Array; headers?: Record<string, string>; token?: string } = {},
  ) =>
    fetch(`${url}/${path}`, {
      method,
      ...(o.body === undefined ? {} : { body: o.body as string }),
      headers: {
        authorization: o.token ?? developmentToken(url, clock),
        ...o.headers,
      },
    });
}

function developmentToken(resource: string, clock: VirtualClock): string {
  return createSharedAccessSignature({ resource, keyName: KEY_NAME, key: KEY, expiresAt: clock.now() + 3_600_000 });
}
