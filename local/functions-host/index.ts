import path from 'node:path';
import { RealClock } from '../clock/index.ts';
import { appEnvironment, hostIdOf } from './app-identity.ts';
import { AppProcess, type Started } from './app-process.ts';
import { createBindings } from './bindings/bindings.ts';
import { Clients } from './clients.ts';
import { resolveSettingsIn } from './engine/binding-expression.ts';
import { logFilter } from './engine/log-filter.ts';
import { toFunctionInfos } from './functions.ts';
import { readHostJson } from './host-json.ts';
import { HostLog } from './host-log.ts';
import { Invoker } from './invoker.ts';
import { readPackageJson } from './package-json.ts';
import { QueueSignals } from './queue-signals.ts';
import { RunningApp } from './running-app.ts';
import { preloadSdks } from './sdks.ts';
import { resolveConnections, resolveSettings } from './settings.ts';
import { listenHttp } from './triggers/http/server.ts';
import { type TriggerContext, within } from './triggers/trigger.ts';
import { type FunctionInfo, type FunctionsHost, FunctionsHostError, type FunctionsHostOptions } from './types.ts';
import { watchApp } from './watch.ts';

export type { CloudEndpoints, ResolvedSettings } from './settings.ts';
export { resolveConnections, resolveSettings } from './settings.ts';
export type { CorsPolicy, FunctionInfo, FunctionsHost, FunctionsHostOptions } from './types.ts';
export { FunctionsHostError } from './types.ts';

const defaultDrainMs = 500;

/**
 * Runs an unmodified Functions app (Node.js, programming model v4) in a process of its own.
 *
 * @throws {@link FunctionsHostError} with one clear sentence when the app, its configuration or the port cannot be used;
 *   nothing stays behind then
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const clock = options.clock ?? new RealClock();
  const appFolder = path.resolve(options.appFolder);
  const cloud = options.cloud ?? {};
  const given = resolveSettings(options.settings, cloud);
  let settings: Record<string, string> = given.settings;

  const earlyLog = new HostLog(options.log, () => true);
  const hostJson = readHostJson(appFolder, settings, (text) => earlyLog.host('warning', text));
  const log = new HostLog(options.log, logFilter(hostJson.logging.logLevel));
  for (const line of given.lines) log.host('information', line);
  const { main, isModule } = readPackageJson(appFolder);
  const startedAt = clock.now();
  const server = await listenHttp(options.port, options.cors, (error) =>
    log.host('error', `A request failed: ${error.stack}`),
  );
  const baseUrl = `http://127.0.0.1:${server.port}`;

  let current: RunningApp | undefined;
  let reloading: Promise<void> = Promise.resolve();
  const process_ = new AppProcess({
    appFolder,
    main,
    isModule,
    environment: () => appEnvironment(appFolder, settings),
    onLog: (entry) => log.worker(entry),
    onOutput: (line, stream) => log.output(line, stream),
    onCrash: (reason, restartInMs) => log.host('error', `${reason} It starts again in ${restartInMs} ms.`),
    onRestartFailed: (reason, restartInMs) => log.host('error', `${reason}\nNext attempt in ${restartInMs} ms.`),
    onRestarted(started) {
      log.host('information', 'The app has been started again.');
      process_.setEnvironment(settings);
      if (current?.hasSameFunctions(started)) current.restarted(started);
      else reloading = reloading.then(() => reload(started));
    },
  });
  const queueSignals = new QueueSignals();
  const clients = new Clients(appFolder, () => settings);
  const bindings = createBindings({ clients, hostJson, queueSignals, clock, appFolder, settings: () => settings });
  const timeoutMs =
    hostJson.functionTimeout === undefined || hostJson.functionTimeout < 0 ? undefined : hostJson.functionTimeout;
  const invoker = new Invoker({ process: process_, bindings, clock, log, timeoutMs });

  const hostId = hostIdOf(appFolder, settings);
  const setting = (name: string) => settings[name];
  const contextOf = (info: FunctionInfo): TriggerContext => ({
    info,
    invoker,
    clients,
    hostJson,
    hostId,
    clock,
    log,
    queueSignals,
    random: Math.random,
    setting,
    option(name) {
      const value = this.optionalOption(name);
      if (value === undefined) throw new FunctionsHostError(`the trigger has no ${name}.`);
      return value;
    },
    optionalOption(name) {
      const value = info.trigger[name];
      return typeof value === 'string' && value !== '' ? resolveSettingsIn(value, setting) : undefined;
    },
  });

  /** Takes the functions over that the app has registered, and starts their triggers. */
  async function run(started: Started): Promise<void> {
    const functions = toFunctionInfos(started.functions, hostJson, settings, log);
    const resolved = resolveConnections(functions, settings, cloud);
    settings = resolved.settings;
    for (const line of resolved.lines) log.host('information', line);
    process_.setEnvironment(settings);
    const common = { server, hostJson, hostId, invoker, log, clock, startedAt, baseUrl, contextOf };
    current = new RunningApp({ ...common, functions, started });
    options.onFunctions?.(functions);
    await current.start();
  }

  async function reload(started: Started): Promise<void> {
    try {
      await current?.stop();
      await current?.close();
      await run(started);
    } catch (error) {
      log.host('error', `The changed app cannot be used: ${(error as Error).message}`);
    }
  }

  const abandonStart = () => process_.abandonStart();
  options.signal?.addEventListener('abort', abandonStart, { once: true });
  try {
    options.signal?.throwIfAborted();
    const starting = process_.start();
    preloadSdks(hostJson.configuredExtensions);
    const started = await starting;
    options.signal?.throwIfAborted();
    await run(started);
  } catch (error) {
    await Promise.allSettled([server.close(), process_.close()]);
    await clients.close();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', abandonStart);
  }

  const watcher = options.watch
    ? watchApp(appFolder, main, () => {
        log.host('information', 'The app has changed: it starts again.');
        process_.restart('The app has changed.');
      })
    : undefined;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    watcher?.close();
    server.stop();
    await reloading;
    const drained = (current?.stop() ?? Promise.resolve()).then(() => invoker.idle());
    await within(drained, options.drainMs ?? defaultDrainMs);
    await process_.close();
    await current?.close();
    await Promise.all([clients.close(), server.close()]);
  };
  return {
    url: baseUrl,
    port: server.port,
    get functions() {
      return current?.functions ?? [];
    },
    get settings() {
      return settings;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
