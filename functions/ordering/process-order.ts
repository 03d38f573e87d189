import type { ProcessOrder } from '../../shared/messages/process-order.ts';
import type { EnvelopeOf } from '../../shared/messaging/envelope.ts';
import type { Log } from '../../shared/messaging/triggers/handling.ts';
import { done, type Outcome, retryLater } from '../../shared/reliability/outcome.ts';
import type { Rows } from '../../shared/storage/rows.ts';
import { priceInCents } from './catalogue.ts';
import { orderKeys } from './order.ts';

/**
 * Confirms an order and prices it, or rejects it. The row is both the effect and the mark that it happened: it leaves
 * `received` once, by its ETag, so neither a repeated nor a parallel delivery does anything, and `once` is not needed.
 */
export async function processOrder(
  message: EnvelopeOf<typeof ProcessOrder>,
  { orders, now, log }: { orders: Rows; now: () => number; log: Log },
): Promise<Outcome> {
  const { orderId, customer, lines } = message.data;
  const keys = orderKeys(orderId);
  const row = await orders.read(keys.partitionKey, keys.rowKey);
  if (row && row.status !== 'received') return done;

  const unknown = lines.filter(({ product }) => priceInCents(product) === undefined).map(({ product }) => product);
  const result =
    unknown.length > 0
      ? { status: 'rejected', reason: `Not in the catalogue: ${unknown.join(', ')}.` }
      : {
          status: 'confirmed',
          totalInCents: lines.reduce((sum, line) => sum + line.quantity * (priceInCents(line.product) ?? 0), 0),
        };
  const processedAt = new Date(now()).toISOString();
  // An order that came by the queue alone has no row yet.
  const { etag, ...known } = row ?? { etag: undefined, ...keys, customer, lines: JSON.stringify(lines) };
  const processed = { ...known, ...result, processedAt };
  const written = etag === undefined ? await orders.insert(processed) : await orders.replace(processed, etag);
  if (written.outcome === 'exists' || written.outcome === 'changed') {
    return retryLater(`Order ${orderId} changed while it was processed.`);
  }
  log.info(`Order ${orderId} is ${result.status}.`);
  return done;
}
