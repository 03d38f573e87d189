/**
 * The app's process: stands in for the Node.js worker of Azure Functions. Started by ../app-process.ts with an IPC channel;
 * not meant to be run by hand.
 */
import Module from 'node:module';
import type { HostMessage, WorkerMessage } from '../rpc.ts';
import { App, type LogSink } from './app.ts';
import { provideCoreModule } from './core-module.ts';
import { endWithHost } from './end-with-host.ts';
import { toFunctionError } from './errors.ts';
import { invoke, type RunningInvocations } from './invoke.ts';
import { loadApp } from './load-app.ts';

// Capabilities of the real worker (getWorkerCapabilities.ts) that the library may add to or look at.
const workerCapabilities = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};

function runWorker(): void {
  const running: RunningInvocations = new Map();
  const log: LogSink = (entry) => {
    if (app.hooks.hasLogHooks) runLogHooks(entry);
    send({ type: 'log', ...entry });
  };
  const app = new App(log);
  provideCoreModule(app.coreApi());

  /** Hooks may change level and text of what the app logs, and only see what the system logs. */
  function runLogHooks(entry: Parameters<LogSink>[0]): void {
    const context = Object.assign(
      app.hooks.context(
        {},
        {
          category: entry.category,
          invocationContext: entry.invocationId === undefined ? undefined : running.get(entry.invocationId),
        },
      ),
      { level: entry.level, message: entry.message },
    );
    app.hooks.runLogHooks(context, (error) =>
      send({
        type: 'log',
        level: 'warning',
        category: 'system',
        message: `A log hook failed: ${toFunctionError(error).message}`,
      }),
    );
    if (entry.category !== 'user') return;
    entry.level = context.level;
    entry.message = String(context.message);
  }

  async function start(message: Extract<HostMessage, { type: 'start' }>): Promise<void> {
    try {
      await loadApp(message.appFolder, message.main, message.module);
      await app.hooks.run(
        'appStart',
        Object.assign(app.hooks.context(app.hooks.appLevelHookData), { functionAppDirectory: message.appFolder }),
      );
      const model = app.programmingModel;
      const capabilities = (await model?.getCapabilities?.({ ...workerCapabilities })) ?? workerCapabilities;
      app.locked = true;
      send({
        type: 'started',
        functions: [...app.functions.values()].map((registered) => registered.metadata),
        capabilities: { ...capabilities },
        programmingModel: model ? `${model.name} ${model.version}` : '',
      });
    } catch (error) {
      send({ type: 'start-failed', error: toFunctionError(error), code: (error as NodeJS.ErrnoException)?.code });
    }
  }

  async function terminate(): Promise<void> {
    try {
      await app.hooks.run('appTerminate', app.hooks.context(app.hooks.appLevelHookData));
    } catch (error) {
      log({
        level: 'error',
        category: 'system',
        message: `An appTerminate hook failed: ${toFunctionError(error).stack}`,
      });
    }
    process.disconnect?.();
    process.exit(0);
  }

  process.on('message', (message: HostMessage) => {
    switch (message.type) {
      case 'start':
        return void start(message);
      case 'environment':
        return void Object.assign(process.env, message.values);
      case 'invoke': {
        const { request } = message;
        return void invoke(app, request, log, running).then(
          (response) => send({ type: 'succeeded', invocationId: request.invocationId, response }),
          (error) => send({ type: 'failed', invocationId: request.invocationId, error: toFunctionError(error) }),
        );
      }
      case 'terminate':
        return void terminate();
    }
  });
  // The host is gone: nobody is left to serve. A Ctrl-C reaches the whole process group; the host says when to stop.
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {});
}

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

Module.enableCompileCache?.();
endWithHost();
runWorker();
