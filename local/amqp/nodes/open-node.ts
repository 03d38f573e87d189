import type { AmqpError, AmqpService, Right } from '../api.ts';
import type { Connection } from '../connection.ts';
import { IncomingLinkEnd } from '../links/incoming-link.ts';
import type { Link } from '../links/link.ts';
import { OutgoingLinkEnd } from '../links/outgoing-link.ts';
import type { AttachFields } from '../transport/performatives.ts';
import { putToken } from './cbs.ts';
import { openCoordinator } from './coordinator.ts';
import { RequestNode } from './request-node.ts';

const CBS = '$cbs';
const MANAGEMENT = '$management';

/** Finds who answers for the node that an attach names, and hands the link over. */
export function openNode(link: Link, attach: AttachFields, connection: Connection): void {
  const { services, log } = connection.context;
  const node = link.address.toLowerCase();
  if (link instanceof IncomingLinkEnd && attach.target?.isCoordinator) {
    const { transactions } = services.find((service) => service.transactions) ?? {};
    if (transactions) {
      link.session.hasCoordinator = true;
      openCoordinator(link, transactions);
    } else link.refuse({ condition: 'amqp:not-implemented', description: 'Transactions are not supported here.' });
    return;
  }
  if (node === CBS) {
    if (connection.requestNodes.get(node)?.hasLinkLike(link)) link.refuse(cbsIsOpen(connection));
    else openRequestNode(link, node, connection, () => new RequestNode((request) => putToken(connection, request)));
    return;
  }
  const refusal = link.address === '' ? NO_ADDRESS : mayOpen(link, connection) ? undefined : unauthorized(link);
  if (refusal) {
    link.refuse(refusal);
    return;
  }
  const service = findService(services, link.address);
  try {
    if (isManagement(node)) {
      openRequestNode(link, node, connection, () => managementNode(link.address, service, connection));
    } else if (link instanceof IncomingLinkEnd) service.openIncoming(link);
    else if (link instanceof OutgoingLinkEnd) service.openOutgoing(link);
  } catch (error) {
    log('error', service.name, error instanceof Error ? (error.stack ?? error.message) : String(error));
    link.refuse({
      condition: 'amqp:internal-error',
      description: 'The service ran into a fault while opening the link.',
    });
  }
}

/**
 * A management node is opened without a token: who may do what is asked with every request. The Java client 7.8.0, and 7.17.20 with
 * its older receivers, attaches that pair of links ahead of the token (live test ServiceBusReceiverClient, peekMessageEmptyEntity).
 */
function mayOpen(link: Link, connection: Connection): boolean {
  return isManagement(link.address.toLowerCase()) || isAllowed(link, connection);
}

/** May the link be there? Asked when it is opened and again when a token expires. */
export function isAllowed(link: Link, connection: Connection): boolean {
  const node = link.address.toLowerCase();
  if (node === CBS || node === '') return true;
  // Event Hubs' management node has no entity in its address: requests name it, bring their token along, and are checked one by
  // one. The Java client opens it before any token is put.
  if (node === MANAGEMENT) return true;
  const rights: readonly Right[] = isManagement(node) ? ['Listen', 'Send', 'Manage'] : [requiredRight(link)];
  return rights.some((right) => connection.isAuthorized(link.address, right));
}

function requiredRight(link: Link): Right {
  return link instanceof IncomingLinkEnd ? 'Send' : 'Listen';
}

function isManagement(node: string): boolean {
  return node === MANAGEMENT || node.endsWith(`/${MANAGEMENT}`);
}

function findService(services: readonly AmqpService[], address: string): AmqpService {
  return services.find((service) => service.owns(address)) ?? services.at(-1)!;
}

function openRequestNode(link: Link, node: string, connection: Connection, create: () => RequestNode): void {
  let requests = connection.requestNodes.get(node);
  if (!requests) {
    requests = create();
    connection.requestNodes.set(node, requests);
  }
  if (link instanceof IncomingLinkEnd) requests.openIncoming(link);
  else if (link instanceof OutgoingLinkEnd) requests.openOutgoing(link);
}

function managementNode(address: string, service: AmqpService, connection: Connection): RequestNode {
  const entity = address.slice(0, Math.max(0, address.length - MANAGEMENT.length - 1));
  return new RequestNode((request) =>
    service.manage({
      entity,
      operation: String(request.applicationProperties.get('operation') ?? ''),
      applicationProperties: request.applicationProperties,
      body: request.body,
      typedMap: request.typedMap,
      transactionId: request.transactionId,
      associatedLinkName: asText(request.applicationProperties.get('associated-link-name')),
      connection,
    }),
  );
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function unauthorized(link: Link): AmqpError {
  const right = requiredRight(link);
  return {
    condition: 'amqp:unauthorized-access',
    description:
      `Unauthorized access. '${right}' claim(s) are required to perform this operation. ` +
      `Resource: 'sb://${link.connection.hostname}/${link.address.toLowerCase()}'.`,
  };
}

const NO_ADDRESS: AmqpError = { condition: 'amqp:invalid-field', description: 'The link names no address.' };

/** One pair of links a connection: clients that lost track of theirs connect anew (azservicebus, TestAMQPLinksCBSLinkStillOpen). */
const cbsIsOpen = ({ id }: Connection): AmqpError => ({
  condition: 'amqp:not-allowed',
  description: `A link to connection '${id}' $cbs node has already been opened.`,
});
