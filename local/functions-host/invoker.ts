import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../clock/index.ts';
import type { AppProcess } from './app-process.ts';
import { metadata } from './engine/typed-data.ts';
import type { HostLog } from './host-log.ts';
import type { Binding, RetryContext, TraceContext, TypedData } from './rpc.ts';
import type { FunctionInfo } from './types.ts';

export interface Invocation {
  readonly function: FunctionInfo;
  /** Said in the log: why this runs. */
  readonly reason: string;
  /** What the trigger's parameter gets. */
  readonly data: TypedData;
  /** triggerMetadata before the library's camel-casing: .NET's names. */
  readonly triggerMetadata?: Readonly<Record<string, unknown>>;
  /** What binding expressions may name, beside `triggerMetadata`. */
  readonly bindingData?: Readonly<Record<string, unknown>>;
  readonly retryContext?: RetryContext;
  /** W3C trace context of whoever caused this. */
  readonly traceParent?: string;
  readonly traceState?: string;
  /** A fixed id: HTTP streaming needs it before the function runs. */
  readonly invocationId?: string;
}

export type InvocationOutcome =
  | {
      readonly kind: 'succeeded';
      readonly returnValue: TypedData | undefined;
      readonly outputs: readonly { readonly binding: Binding; readonly data: TypedData }[];
    }
  | { readonly kind: 'failed'; readonly error: { readonly message: string; readonly stack: string } }
  /** The app's process ended, or the host is stopping: the work was not done and must not be lost. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface BindingValues {
  /** Reads the input bindings of a function; undefined: it has none. */
  readInputs(
    info: FunctionInfo,
    bindingData: Readonly<Record<string, unknown>>,
  ): Promise<{ name: string; data: TypedData }[]> | undefined;
  /** Delivers what the function gave to an output binding. */
  writeOutput(
    binding: Binding,
    data: TypedData,
    bindingData: Readonly<Record<string, unknown>>,
    traceParent: string,
  ): Promise<void>;
}

interface InvokerOptions {
  readonly process: AppProcess;
  readonly bindings: BindingValues;
  readonly clock: Clock;
  readonly log: HostLog;
  /** `undefined`: without end. */
  readonly timeoutMs: number | undefined;
}

/** Runs functions: reads inputs, hands over to the app's process, delivers outputs, tells the log. */
export class Invoker {
  private readonly options: InvokerOptions;
  private readonly running = new Set<Promise<unknown>>();

  constructor(options: InvokerOptions) {
    this.options = options;
  }

  get runningCount(): number {
    return this.running.size;
  }

  /** Never rejects: what went wrong is the outcome. */
  invoke(invocation: Invocation): Promise<InvocationOutcome> {
    const run = this.run(invocation).finally(() => this.running.delete(run));
    this.running.add(run);
    return run;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled([...this.running]);
  }

  private async run(invocation: Invocation): Promise<InvocationOutcome> {
    const { clock, log } = this.options;
    const info = invocation.function;
    const invocationId = invocation.invocationId ?? randomUUID();
    const startedAt = clock.now();
    const running = this.runWithTimeout(invocation, invocationId);
    // On its way to the app's process first: printing takes as long as the way.
    log.executing(info.name, invocationId, invocation.reason);
    const outcome = await running.catch(
      (error: Error): InvocationOutcome => ({
        kind: 'failed',
        error: { message: error.message, stack: error.stack ?? error.message },
      }),
    );
    log.executed(info.name, invocationId, outcome, clock.now() - startedAt);
    return outcome;
  }

  private async runWithTimeout(invocation: Invocation, invocationId: string): Promise<InvocationOutcome> {
    const { clock, process, timeoutMs } = this.options;
    if (timeoutMs === undefined) return this.runOnce(invocation, invocationId);
    const { name } = invocation.function;
    let hasTimedOut = false;
    const reason = `Timeout value of ${timeoutMs / 1000} s (functionTimeout) was exceeded by function: Functions.${name}`;
    const timer = clock.setTimer(clock.now() + timeoutMs, () => {
      hasTimedOut = true;
      process.restart(reason);
    });
    const outcome = await this.runOnce(invocation, invocationId).finally(() => clock.clearTimer(timer));
    // A function that ran out of time has failed; others that ran beside it in the process were lost.
    return hasTimedOut && outcome.kind === 'lost'
      ? { kind: 'failed', error: { message: reason, stack: reason } }
      : outcome;
  }

  private async runOnce(invocation: Invocation, invocationId: string): Promise<InvocationOutcome> {
    const { bindings, clock, process } = this.options;
    const info = invocation.function;
    const sys = { MethodName: info.name, UtcNow: new Date(clock.now()).toISOString(), RandGuid: randomUUID() };
    const bindingData = {
      ...payloadFields(invocation.data),
      ...invocation.triggerMetadata,
      ...invocation.bindingData,
      sys: { ...sys, methodName: info.name },
    };
    const trace = traceContext(invocation, invocationId);
    // Without a wait where there is nothing to wait for.
    const reading = bindings.readInputs(info, bindingData);
    const extraInputs = reading ? await reading : [];
    const outcome = await process.invoke({
      invocationId,
      functionId: info.name,
      inputData: [{ name: info.trigger.name, data: invocation.data }, ...extraInputs],
      triggerMetadata: metadata({ ...invocation.triggerMetadata, sys }),
      retryContext: invocation.retryContext,
      traceContext: trace,
    });
    if (outcome.kind !== 'succeeded') return outcome;

    const { outputData, returnValue } = outcome.response;
    const outputs = outputData.flatMap(({ name, data }) => {
      const binding = info.bindings[name];
      return binding ? [{ binding, data }] : [];
    });
    const returnBinding = info.bindings.$return;
    if (returnBinding && returnValue && returnBinding.type.toLowerCase() !== 'http') {
      outputs.push({ binding: returnBinding, data: returnValue });
    }
    // One after another: an output that fails ends the invocation as failed, as on the real host.
    for (const { binding, data } of outputs) {
      if (binding.type.toLowerCase() !== 'http')
        await bindings.writeOutput(binding, data, bindingData, trace.traceParent);
    }
    return { kind: 'succeeded', returnValue: returnValue ?? undefined, outputs };
  }
}

/** Fields of a JSON payload can be named in binding expressions. */
function payloadFields(data: TypedData): Record<string, unknown> {
  const text = data.string ?? data.json;
  if (text === undefined || !text.trimStart().startsWith('{')) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The invocation is a child of what caused it: same trace, a span of its own. */
function traceContext({ traceParent, traceState }: Invocation, invocationId: string): TraceContext {
  const parent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})/.exec(traceParent ?? '');
  const traceId = parent?.[1] ?? randomBytes(16).toString('hex');
  return {
    traceParent: `00-${traceId}-${randomBytes(8).toString('hex')}-${parent?.[2] ?? '01'}`,
    traceState: traceState ?? '',
    attributes: { InvocationId: invocationId },
  };
}
