import type { Clock, TimerId } from '../../../../clock/index.ts';
import type { Broker, Delivery, Outcome, ReceiveMode, Receiver } from '../../../engine/api.ts';
import type { HttpReply, HttpRequest } from '../exchange.ts';
import { decodeMessage, toJsonValue } from '../message-content.ts';
import { writeBrokerProperties } from './broker-properties.ts';
import { writeCustomProperties } from './custom-properties.ts';
import type { Fail } from './handler.ts';
import { refuse } from './refuse.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * `POST /<entity>/messages/head` locks the next message, `DELETE` takes it; both wait for one up to `timeout` seconds.
 * Source: learn.microsoft.com/rest/api/servicebus/peek-lock-message-non-destructive-read, …/receive-and-delete-message-destructive-read.
 */
export async function receive(
  broker: Broker,
  clock: Clock,
  request: HttpRequest,
  entity: string,
  fail: Fail,
): Promise<HttpReply> {
  const timeout = request.query.get('timeout');
  if (timeout !== null && !/^\d+(\.\d+)?$/.test(timeout))
    return fail(400, 'SubCode=40000. Bad Request. Invalid timeout.');
  const timeoutMs = timeout === null ? DEFAULT_TIMEOUT_MS : Number(timeout) * 1000;
  const mode: ReceiveMode = request.method === 'POST' ? 'peek-lock' : 'receive-and-delete';
  const outcome = await nextMessage(broker, clock, entity, mode, timeoutMs, request.signal);
  if (!outcome.ok) return refuse(outcome, fail);
  const { delivery } = outcome;
  return delivery ? messageReply(request, entity, delivery) : { status: 204 };
}

type Next = Outcome<{ readonly delivery: Delivery | undefined }>;

function nextMessage(
  broker: Broker,
  clock: Clock,
  entity: string,
  mode: ReceiveMode,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Next> {
  return new Promise((resolve) => {
    let receiver: Receiver | undefined;
    let timer: TimerId | undefined;
    let isDone = false;
    const finish = (next: Next) => {
      if (isDone) return;
      isDone = true;
      if (timer !== undefined) clock.clearTimer(timer);
      receiver?.close();
      resolve(next);
    };
    const nothing = () => finish({ ok: true, delivery: undefined });
    const pending = broker.openReceiver(
      entity,
      {
        mode,
        identifier: 'http',
        deliver: (delivery) => finish({ ok: true, delivery }),
        onLost: nothing,
      },
      (opened) => {
        if (!opened.ok) return finish(opened);
        receiver = opened.receiver;
        receiver.setCredit(1);
        if (isDone) receiver.close();
      },
    );
    if (isDone) return;
    if (timeoutMs === 0) {
      pending.cancel();
      return nothing();
    }
    timer = clock.setTimer(clock.now() + timeoutMs, () => {
      pending.cancel();
      nothing();
    });
    signal.addEventListener('abort', () => {
      pending.cancel();
      nothing();
    });
  });
}

function messageReply(request: HttpRequest, entity: string, delivery: Delivery): HttpReply {
  const { message, lockToken } = delivery;
  const decoded = decodeMessage(message);
  const body = decoded.data ?? textOf(decoded.value);
  const path = entity.split('/').map(encodeURIComponent).join('/').replaceAll('%24', '$');
  const location = `${request.origin}/${path}/messages/${message.sequenceNumber}/${lockToken}`;
  return {
    status: lockToken === undefined ? 200 : 201,
    headers: {
      ...writeCustomProperties(decoded.applicationProperties),
      brokerproperties: writeBrokerProperties(delivery),
      ...(message.properties.contentType ? { 'content-type': headerText(message.properties.contentType) } : {}),
      ...(lockToken === undefined ? {} : { location }),
    },
    body,
  };
}

/** HTTP has no AMQP values: text stays text, the rest becomes JSON. */
function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(toJsonValue(value));
}

function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
