import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlertRaised } from '../../../shared/messages/alert-raised.ts';
import { MakeThumbnails } from '../../../shared/messages/make-thumbnails.ts';
import { PressReadingTaken } from '../../../shared/messages/press-reading-taken.ts';
import { RefundOrder } from '../../../shared/messages/refund-order.ts';
import { derivedId } from '../../../shared/messaging/derived-id.ts';
import { type Envelope, parseEnvelope } from '../../../shared/messaging/envelope.ts';
import { fromCloudEvent, fromEventGridEvent, toCloudEvent } from '../../../shared/messaging/wire/event-grid.ts';
import { fromEventHub, toEventData } from '../../../shared/messaging/wire/event-hubs.ts';
import { fromServiceBus, toServiceBusMessage } from '../../../shared/messaging/wire/service-bus.ts';
import { fromQueueEntry, toQueueText } from '../../../shared/messaging/wire/storage-queue.ts';
import { example } from '../../support/app/handling.ts';

const ids = fc.record({
  id: fc.string({ minLength: 1 }),
  correlationId: fc.string({ minLength: 1 }),
  causationId: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  traceparent: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
});
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as never;

/** Whatever the ids are, what was sent is what is read. */
function comesBack(sent: Envelope, through: (message: Envelope) => unknown): void {
  fc.assert(
    fc.property(ids, (own) => {
      const message = { ...sent, ...own };
      expect(through(message)).toEqual({ ok: true, message });
    }),
  );
}

describe('a message comes back from the wire as it was sent', () => {
  it('over Service Bus', () => {
    comesBack(example(RefundOrder), (message) => {
      const sent = toServiceBusMessage(message, 'o-1');
      expect(sent.sessionId).toBe('o-1');
      return fromServiceBus(RefundOrder, 'properties', plain(sent.body), sent);
    });
  });

  it('over a Storage queue', () => {
    comesBack(example(MakeThumbnails), (message) =>
      fromQueueEntry(MakeThumbnails, JSON.parse(Buffer.from(toQueueText(message), 'base64').toString())),
    );
  });

  it('over Event Grid, as a CloudEvent', () => {
    comesBack(example(AlertRaised), (message) => {
      const { extensionAttributes, ...event } = toCloudEvent(message, 'presses/press-3');
      return fromCloudEvent(
        [AlertRaised, RefundOrder],
        plain({ specversion: '1.0', ...event, ...extensionAttributes }),
      );
    });
  });

  it('over Event Hubs, under an id that is its place in the stream', () => {
    const { body, properties } = toEventData(example(PressReadingTaken));
    const place = { partitionId: '2', sequenceNumber: 17 };
    expect(fromEventHub(PressReadingTaken, 'telemetry', plain(body), properties ?? {}, place)).toMatchObject({
      ok: true,
      message: { id: 'telemetry/2/17', causationId: 'the-cause', data: PressReadingTaken.example },
    });
  });
});

describe('what others send', () => {
  it('given no type and one declared message, then it is that one, and starts its own transaction', () => {
    const received = fromServiceBus(RefundOrder, 'properties', RefundOrder.example, { messageId: 17 });
    expect(received).toMatchObject({ ok: true, message: { type: 'RefundOrder', id: '17', correlationId: '17' } });
  });

  it('given another type, then the problem names both', () => {
    const properties = { messageId: 'm', applicationProperties: { type: 'Other' } };
    expect(fromServiceBus(RefundOrder, 'properties', RefundOrder.example, properties)).toEqual({
      ok: false,
      problem: 'The message is of type Other; expected was RefundOrder.',
    });
  });

  it('given data that does not fit, then the problem names the property', () => {
    const own = { type: undefined, id: 'm', correlationId: undefined, causationId: undefined, traceparent: undefined };
    const parsed = parseEnvelope(RefundOrder, { ...own, data: { ...RefundOrder.example, amountInCents: -1 } });
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining('amountInCents') });
  });

  it.each([
    ['no object', 'text'],
    ['nothing', null],
    ['no id', { type: 'Operations.AlertRaised' }],
  ])('given %s for a CloudEvent, then that is said', (_, event) => {
    expect(fromCloudEvent(AlertRaised, event).ok).toBe(false);
    expect(fromEventGridEvent(AlertRaised, event, undefined).ok).toBe(false);
    expect(fromQueueEntry(MakeThumbnails, event).ok).toBe(false);
  });
});

describe('a derived id', () => {
  it('is a UUID of version 8, the same for the same parts, another for others', () => {
    expect(derivedId('a', 'b')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(derivedId('a', 'b')).toBe(derivedId('a', 'b'));
    expect(derivedId('a', 'b')).not.toBe(derivedId('ab'));
    expect(derivedId('a', 'b')).not.toBe(derivedId('a","b'));
  });
});
