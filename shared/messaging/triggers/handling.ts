import type { Outcome } from '../../reliability/outcome.ts';

/** What a handler may say while it works. Shaped as the Functions' invocation context, of which it is a part. */
export interface Log {
  info(...words: unknown[]): void;
  warn(...words: unknown[]): void;
  error(...words: unknown[]): void;
}

/** The part of `InvocationContext` that the adapters read; structural, so that `shared/` needs no Functions library. */
export interface Invocation extends Log {
  readonly invocationId: string;
  readonly triggerMetadata?: Readonly<Record<string, unknown>>;
  readonly traceContext?: { readonly traceParent?: string | undefined };
  readonly retryContext?: { readonly retryCount: number; readonly maxRetryCount: number };
}

/** A handler: a plain function of a message, with everything else handed in. */
export type Handle<Message> = (message: Message, log: Log) => Promise<Outcome>;
