import { createHash } from 'node:crypto';
import path from 'node:path';
import { RealClock } from '../clock/index.ts';
import { AppProcess, type Started } from './app-process.ts';
import { createBindings, missingBindings } from './bindings/bindings.ts';
import { Clients } from './clients.ts';
import { resolveSettingsIn } from './engine/binding-expression.ts';
import { logFilter } from './engine/log-filter.ts';
import { type HostJson, readHostJson } from './host-json.ts';
import { HostLog } from './host-log.ts';
import { Invoker } from './invoker.ts';
import { readPackageJson } from './package-json.ts';
import { QueueSignals } from './queue-signals.ts';
import type { RegisteredFunction } from './rpc.ts';
import { resolveConnections, resolveSettings } from './settings.ts';
import { answerAdmin } from './triggers/admin.ts';
import { blobWebhook } from './triggers/blob/webhook.ts';
import { httpFunctions } from './triggers/http/http-functions.ts';
import { type HttpServer, listenHttp } from './triggers/http/server.ts';
import { isTriggerImplemented, startTrigger } from './triggers/start-trigger.ts';
import type { Trigger, TriggerContext } from './triggers/trigger.ts';
import { answerWebhook } from './triggers/webhooks.ts';
import { type FunctionInfo, type FunctionsHost, FunctionsHostError, type FunctionsHostOptions } from './types.ts';
import { watchApp } from './watch.ts';

export type { CloudEndpoints, ResolvedSettings } from './settings.ts';
export { resolveConnections, resolveSettings } from './settings.ts';
export type { FunctionInfo, FunctionsHost, FunctionsHostOptions } from './types.ts';
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
  const server = await listenHttp(options.port, (error) => log.host('error', `A request failed: ${error.stack}`));
  const baseUrl = `http://127.0.0.1:${server.port}`;

  let current: RunningApp | undefined;
  const process_ = new AppProcess({
    appFolder,
    main,
    isModule,
    clock,
    environment: () => appEnvironment(appFolder, settings),
    onLog: (entry) => log.worker(entry),
    onOutput: (line, stream) => log.output(line, stream),
    onCrash: (reason, restartInMs) => log.host('error', `${reason} It starts again in ${restartInMs} ms.`),
    onRestartFailed: (reason, restartInMs) => log.host('error', `${reason}\nNext attempt in ${restartInMs} ms.`),
    onRestarted(started) {
      log.host('information', 'The app has been started again.');
      process_.setEnvironment(settings);
      current?.restarted(started);
    },
  });
  const queueSignals = new QueueSignals();
  const clients = new Clients(appFolder, () => settings);
  const bindings = createBindings({ clients, hostJson, queueSignals, clock, appFolder, settings: () => settings });
  const timeoutMs =
    hostJson.functionTimeout === undefined || hostJson.functionTimeout < 0 ? undefined : hostJson.functionTimeout;
  const invoker = new Invoker({ process: process_, bindings, clock, log, timeoutMs });

  const adopt = (started: Started): FunctionInfo[] => {
    const functions = toFunctionInfos(started.functions, hostJson, settings, log);
    const resolved = resolveConnections(functions, settings, cloud);
    settings = resolved.settings;
    for (const line of resolved.lines) log.host('information', line);
    process_.setEnvironment(settings);
    options.onFunctions?.(functions);
    return functions;
  };

  try {
    const started = await process_.start();
    const functions = adopt(started);
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
    current = new RunningApp({
      functions,
      started,
      server,
      hostJson,
      hostId,
      invoker,
      log,
      clock,
      startedAt,
      baseUrl,
      contextOf,
    });
    await current.start();
  } catch (error) {
    await Promise.allSettled([server.close(), process_.close()]);
    await clients.close();
    throw error;
  }

  const app = current;
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
    await app.stop();
    await within(invoker.idle(), options.drainMs ?? defaultDrainMs);
    await process_.close();
    await app.close();
    await Promise.all([clients.close(), server.close()]);
  };
  return {
    url: baseUrl,
    port: server.port,
    get functions() {
      return app.functions;
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

interface RunningAppOptions {
  readonly functions: readonly FunctionInfo[];
  readonly started: Started;
  readonly server: HttpServer;
  readonly hostJson: HostJson;
  readonly hostId: string;
  readonly invoker: Invoker;
  readonly log: HostLog;
  readonly clock: NonNullable<FunctionsHostOptions['clock']>;
  readonly startedAt: number;
  readonly baseUrl: string;
  contextOf(info: FunctionInfo): TriggerContext;
}

/** The app's functions with their triggers. */
class RunningApp {
  readonly functions: readonly FunctionInfo[];
  private readonly options: RunningAppOptions;
  private readonly triggers: Trigger[] = [];
  private http: ReturnType<typeof httpFunctions>;

  constructor(options: RunningAppOptions) {
    this.options = options;
    this.functions = options.functions;
    this.http = this.routes(options.started);
  }

  async start(): Promise<void> {
    const { functions, server, invoker, hostId, clock, startedAt, baseUrl, hostJson, contextOf, log } = this.options;
    this.print();
    const admin = {
      functions,
      invoker,
      hostId,
      clock,
      startedAt,
      baseUrl,
      routePrefix: hostJson.extensions.http.routePrefix,
    };
    const answerBlob = blobWebhook(functions, contextOf);
    server.serve({
      admin: (method, segments, body) => answerAdmin(method, segments, body, admin),
      webhook: (extension, request) =>
        answerWebhook(extension, request, { functions, invoker, blobWebhook: answerBlob }),
      function: (request, response, url) => this.http.handle(request, response, url),
    });
    // One listener that cannot start does not keep the others from starting, as on the real host.
    await Promise.all(
      functions
        .filter((info) => !info.isDisabled)
        .map(async (info) => {
          try {
            const trigger = await startTrigger(contextOf(info));
            if (trigger) this.triggers.push(trigger);
          } catch (error) {
            log.host(
              'error',
              `The listener for function '${info.name}' was unable to start: ${(error as Error).message}`,
            );
          }
        }),
    );
  }

  /** The process is a new one: what streams listens elsewhere now. */
  restarted(started: Started): void {
    this.http = this.routes(started);
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.triggers.map((trigger) => trigger.stop()));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.triggers.map((trigger) => trigger.close()));
  }

  private routes(started: Started): ReturnType<typeof httpFunctions> {
    const { functions, hostJson, invoker } = this.options;
    return httpFunctions(functions, hostJson.extensions.http, invoker, started.capabilities.HttpUri);
  }

  private print(): void {
    const { functions, log, baseUrl } = this.options;
    if (functions.length === 0) {
      log.host(
        'warning',
        'The app registered no functions. Does "main" in package.json match the files that register them?',
      );
      return;
    }
    const lines = [
      ...this.http.list(baseUrl),
      ...functions
        .filter(({ trigger }) => trigger.type.toLowerCase() !== 'httptrigger')
        .map(({ name, trigger }) => `${name}: ${trigger.type}`),
    ];
    const disabled = functions.filter((info) => info.isDisabled).map((info) => `${info.name}: disabled`);
    log.host('information', ['Functions:', ...lines, ...disabled].join('\n  '));
  }
}

function toFunctionInfos(
  registered: readonly RegisteredFunction[],
  hostJson: HostJson,
  settings: Readonly<Record<string, string>>,
  log: HostLog,
): FunctionInfo[] {
  const wanted = registered.filter(({ name }) => hostJson.functions?.includes(name) ?? true);
  return wanted.flatMap((entry): FunctionInfo[] => {
    const trigger = Object.values(entry.bindings).find(({ type }) => /trigger$/i.test(type));
    if (!trigger) return [];
    const info = {
      name: entry.name,
      trigger,
      bindings: entry.bindings,
      retry: entry.retryOptions,
      isDisabled: /^(true|1)$/i.test(
        settings[`AzureWebJobs.${entry.name}.Disabled`] ?? settings[`AzureWebJobs__${entry.name}__Disabled`] ?? '',
      ),
    };
    const missing = missingBindings(info);
    if (!isTriggerImplemented(trigger.type))
      missing.push(`${entry.name}: the trigger "${trigger.type}" is not implemented.`);
    for (const line of missing) log.host('error', `${line} The function does not run.`);
    return missing.length === 0 ? [info] : [{ ...info, isDisabled: true }];
  });
}

/** The environment of the app's process: this one's, under the app's settings, and what the host itself sets. */
function appEnvironment(appFolder: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(inherited),
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    AzureWebJobsScriptRoot: appFolder,
    ...settings,
  };
}

/** Names what this host keeps in storage (timer status, blob receipts): the same at every start of the same folder. */
function hostIdOf(appFolder: string, settings: Readonly<Record<string, string>>): string {
  const own = settings.AzureFunctionsWebHost__hostid ?? settings['AzureFunctionsWebHost:hostid'];
  if (own) return own.toLowerCase();
  const name = path
    .basename(appFolder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 20);
  return `${name || 'app'}-${createHash('sha256').update(appFolder).digest('hex').slice(0, 10)}`;
}

async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
