import type { Clock } from '../clock/index.ts';
import type { Started } from './app-process.ts';
import type { HostJson } from './host-json.ts';
import type { HostLog } from './host-log.ts';
import type { Invoker } from './invoker.ts';
import { answerAdmin } from './triggers/admin.ts';
import { blobWebhook } from './triggers/blob/webhook.ts';
import { runOnBlob } from './triggers/blob/work.ts';
import { httpFunctions } from './triggers/http/http-functions.ts';
import type { HttpServer } from './triggers/http/server.ts';
import { startTrigger } from './triggers/start-trigger.ts';
import type { Trigger, TriggerContext } from './triggers/trigger.ts';
import { answerWebhook } from './triggers/webhooks.ts';
import type { FunctionInfo } from './types.ts';

interface RunningAppOptions {
  readonly functions: readonly FunctionInfo[];
  readonly started: Started;
  readonly server: HttpServer;
  readonly hostJson: HostJson;
  readonly hostId: string;
  readonly invoker: Invoker;
  readonly log: HostLog;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly baseUrl: string;
  contextOf(info: FunctionInfo): TriggerContext;
}

/** The app's functions with their triggers. */
export class RunningApp {
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
      runOnBlob: (info: FunctionInfo, container: string, blob: string) => runOnBlob(contextOf(info), container, blob),
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

  hasSameFunctions({ functions }: Started): boolean {
    return JSON.stringify(functions) === JSON.stringify(this.options.started.functions);
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
