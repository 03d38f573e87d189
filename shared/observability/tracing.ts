import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { Envelope } from '../messaging/envelope.ts';

/**
 * One business transaction is one trace: every message carries `traceparent` (W3C Trace Context) in its envelope, whichever
 * service transports it. Without an exporter all of this is OpenTelemetry's no-op, and traceparent is handed on as it came.
 */
const tracer = () => trace.getTracer('crossover');

/**
 * Runs `work` as the handling of a message: a child of the span that sent it; of the host's own span where that is in the
 * same trace already, or where the message has none.
 */
export function tracedHandling<T>(
  of: { readonly system: string; readonly entity: string },
  message: Pick<Envelope, 'id' | 'correlationId' | 'traceparent'>,
  hostTraceparent: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const sent = contextOf(message.traceparent);
  const host = contextOf(hostTraceparent);
  const isSameTrace = trace.getSpanContext(sent)?.traceId === trace.getSpanContext(host)?.traceId;
  const parent = isSameTrace || sent === ROOT_CONTEXT ? host : sent;
  const attributes = messageAttributes(of, message);
  return traced(`process ${of.entity}`, { kind: SpanKind.CONSUMER, attributes, parent }, work);
}

/** Runs `work` as the handling of a batch: a span of its own with a link to the trace of every message. */
export function tracedBatch<T>(
  of: { readonly system: string; readonly entity: string },
  traceparents: readonly (string | undefined)[],
  work: () => Promise<T>,
): Promise<T> {
  const links = [...new Set(traceparents)].flatMap((traceparent): Link[] => {
    const spanContext = trace.getSpanContext(contextOf(traceparent));
    return spanContext ? [{ context: spanContext }] : [];
  });
  const attributes = {
    'messaging.system': of.system,
    'messaging.destination.name': of.entity,
    'messaging.batch.message_count': traceparents.length,
  };
  return traced(`process ${of.entity}`, { kind: SpanKind.CONSUMER, attributes, links }, work);
}

/** Runs `work` as the answering of a request from outside. */
export function tracedRequest<T>(
  name: string,
  traceparent: string | undefined,
  work: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const parent = contextOf(traceparent);
  return traced(name, { kind: SpanKind.INTERNAL, attributes: {}, parent }, (span) =>
    work(traceparentOf(span) ?? traceparent),
  );
}

/** Runs `send` with the message under the traceparent of its own sending, which its handling will be a child of. */
export function tracedSending<Message extends Envelope, T>(
  of: { readonly system: string; readonly entity: string },
  message: Message,
  send: (message: Message) => Promise<T>,
): Promise<T> {
  const active = trace.getSpan(context.active());
  const parent = active ? context.active() : contextOf(message.traceparent);
  const attributes = messageAttributes(of, message);
  return traced(`send ${of.entity}`, { kind: SpanKind.PRODUCER, attributes, parent }, (span) =>
    send({ ...message, traceparent: traceparentOf(span) ?? message.traceparent }),
  );
}

function traced<T>(
  name: string,
  options: { kind: SpanKind; attributes: Attributes; parent?: Context; links?: Link[] },
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const { parent = context.active(), ...spanOptions } = options;
  return tracer().startActiveSpan(name, spanOptions, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** By the semantic conventions for messaging; the correlation id is ours, and what people search by. */
function messageAttributes(
  { system, entity }: { readonly system: string; readonly entity: string },
  { id, correlationId }: Pick<Envelope, 'id' | 'correlationId'>,
): Attributes {
  return {
    'messaging.system': system,
    'messaging.destination.name': entity,
    'messaging.message.id': id,
    'crossover.correlation_id': correlationId,
  };
}

/** version "-" trace-id "-" parent-id "-" trace-flags (W3C Trace Context, §3.2). */
const traceparentForm =
  /^(?!ff)[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-|$)/;

function contextOf(traceparent: string | undefined): Context {
  const { traceId, spanId, flags } = traceparentForm.exec(traceparent ?? '')?.groups ?? {};
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT;
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}

function traceparentOf(span: Span): string | undefined {
  const spanContext = span.spanContext();
  if (!isSpanContextValid(spanContext)) return undefined;
  const { traceId, spanId, traceFlags } = spanContext;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
