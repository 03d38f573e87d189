import type { InvocationRequest, InvocationResponse, WorkerLogCategory, WorkerLogLevel } from '../rpc.ts';
import type { App, LogSink } from './app.ts';
import { SystemError } from './errors.ts';

/** The library's log hooks show the context of the invocation that a line belongs to. */
export type RunningInvocations = Map<string, unknown>;

/**
 * Runs one invocation in the worker's order: arguments, preInvocation hooks (which may replace inputs and function), the
 * function, postInvocation hooks (which may replace result and error), response (InvocationHandler.ts of the real worker).
 *
 * @throws whatever the function, a hook or the library throws
 */
export async function invoke(
  app: App,
  request: InvocationRequest,
  log: LogSink,
  running: RunningInvocations,
): Promise<InvocationResponse> {
  const registered = app.functions.get(request.functionId);
  if (!registered || !app.programmingModel) {
    throw new SystemError(`Function code for '${request.functionId}' is not loaded and cannot be invoked.`);
  }
  const { metadata, callback } = registered;
  const { invocationId } = request;
  const coreContext = {
    invocationId,
    request,
    metadata,
    state: undefined as string | undefined,
    log: (level: WorkerLogLevel, category: WorkerLogCategory, message: string) =>
      log({ level, category, message, functionName: metadata.name, invocationId }),
  };
  const during = async <T>(state: string, run: () => Promise<T>): Promise<T> => {
    coreContext.state = state;
    try {
      return await run();
    } finally {
      coreContext.state = undefined;
    }
  };

  const model = await app.programmingModel.getInvocationModel(coreContext);
  const { context, inputs } = await model.getArguments();
  running.set(invocationId, context);
  try {
    const hookData = {};
    const before = Object.assign(app.hooks.context(hookData, { invocationContext: context }), {
      inputs,
      functionCallback: callback,
    });
    await during('preInvocationHooks', () => app.hooks.run('preInvocation', before));

    const after = Object.assign(app.hooks.context(hookData, { invocationContext: context }), {
      inputs: before.inputs,
      result: null as unknown,
      error: null as unknown,
    });
    await during('invocation', async () => {
      try {
        after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
      } catch (error) {
        // A bare `throw undefined` is an error to the caller, as it is to JavaScript.
        after.error = error ?? new Error('Unknown error');
      }
    });
    await during('postInvocationHooks', () => app.hooks.run('postInvocation', after));
    if (after.error !== null && after.error !== undefined) throw after.error;

    const response = await model.getResponse(context, after.result);
    return {
      outputData: (response.outputData ?? []) as InvocationResponse['outputData'],
      returnValue: response.returnValue as InvocationResponse['returnValue'],
    };
  } finally {
    running.delete(invocationId);
  }
}
