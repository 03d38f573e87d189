import type { AmqpError, IncomingDelivery, TransactionCoordinator } from '../api.ts';
import { Described, decodeBody } from '../codec/index.ts';
import type { IncomingLinkEnd } from '../links/incoming-link.ts';

const DECLARE = 0x31;
const DISCHARGE = 0x32;

/** A link to the coordinator (part 4, section 4.3): declares and discharges; what is left open when it closes is rolled back. */
export function openCoordinator(link: IncomingLinkEnd, transactions: TransactionCoordinator): void {
  const open = new Map<string, Buffer>();
  link.accept({ credit: 100, maxMessageSize: 65_536 });
  link.onClose(() => {
    for (const id of open.values()) void transactions.discharge(link.connection, id, true);
    open.clear();
  });
  link.onTransfer(async (delivery) => {
    const body = decodeBody(delivery.payload);
    const descriptor = body instanceof Described ? body.descriptor : undefined;
    if (descriptor === DECLARE || descriptor === 'amqp:declare:list') {
      const id = transactions.declare(link.connection);
      open.set(id.toString('hex'), id);
      return delivery.declared(id);
    }
    if (descriptor === DISCHARGE || descriptor === 'amqp:discharge:list') {
      const { value } = body as Described;
      const [id, fail]: readonly unknown[] = Array.isArray(value) ? value : [];
      if (!Buffer.isBuffer(id)) return delivery.reject(NO_ID);
      open.delete(id.toString('hex'));
      const error = await transactions.discharge(link.connection, Buffer.from(id), fail === true);
      return answer(delivery, error);
    }
    delivery.reject({ condition: 'amqp:not-implemented', description: 'The coordinator knows declare and discharge.' });
  });
}

const NO_ID: AmqpError = { condition: 'amqp:decode-error', description: 'The discharge names no transaction.' };

function answer(delivery: IncomingDelivery, error: AmqpError | undefined): void {
  if (error) delivery.reject(error);
  else delivery.accept();
}
