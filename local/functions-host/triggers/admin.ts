import type { Clock } from '../../clock/index.ts';
import type { Invoker } from '../invoker.ts';
import type { FunctionInfo } from '../types.ts';
import { hostVersion } from '../worker/app.ts';
import { manualData, manualRunSchema } from './manual-run.ts';
import type { WebhookAnswer } from './webhooks.ts';

interface AdminApp {
  readonly functions: readonly FunctionInfo[];
  readonly invoker: Invoker;
  readonly hostId: string;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly baseUrl: string;
  readonly routePrefix: string;
  runOnBlob(info: FunctionInfo, container: string, blobName: string): Promise<unknown>;
}

/** The administration routes of the host that tools use. @returns `undefined` for a route that there is not */
export function answerAdmin(method: string, segments: readonly string[], body: Buffer, app: AdminApp): WebhookAnswer {
  const [area, name, rest] = segments;
  const route = `${method} ${area?.toLowerCase()}`;
  if (area?.toLowerCase() === 'host') return hostRoute(method, name?.toLowerCase(), app);
  if (route === 'GET functions' && name === undefined) {
    return { status: 200, json: app.functions.map((info) => describe(info, app)) };
  }
  if (area?.toLowerCase() !== 'functions' || name === undefined) return notFound(segments);
  const info = app.functions.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (!info) return { status: 404, text: `There is no function "${name}".` };
  if (method === 'POST' && rest === undefined) return runByHand(info, body, app);
  if (method === 'GET' && rest === undefined) return { status: 200, json: describe(info, app) };
  if (method === 'GET' && rest?.toLowerCase() === 'status') return { status: 200, json: {} };
  return notFound(segments);
}

function hostRoute(method: string, name: string | undefined, app: AdminApp): WebhookAnswer {
  if (name === 'ping') return { status: 200 };
  if (method === 'GET' && name === 'status') {
    return {
      status: 200,
      json: {
        id: app.hostId,
        state: 'Running',
        version: hostVersion,
        versionDetails: hostVersion,
        processUptime: app.clock.now() - app.startedAt,
        functionAppContentEditingState: 'Unknown',
        extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '4.0.0' },
      },
    };
  }
  return notFound(['host', name ?? '']);
}

/** The run goes on by itself: 202 says that it was taken, the log says how it ended. */
function runByHand(info: FunctionInfo, body: Buffer, app: AdminApp): WebhookAnswer {
  let parsed: unknown;
  try {
    parsed = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    return { status: 400, text: 'The body is no JSON; it should be {"input": "…"}.' };
  }
  const run = manualRunSchema.safeParse(parsed);
  if (!run.success) {
    return {
      status: 400,
      text: run.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    };
  }
  if (info.trigger.type.toLowerCase() === 'blobtrigger') {
    const [, container, blobName] = /^\/?([^/]+)\/(.+)$/s.exec(String(run.data.input ?? '')) ?? [];
    if (!container || !blobName) return { status: 400, text: 'The input of a blob function is the path of a blob.' };
    void app.runOnBlob(info, container, blobName).catch(() => {});
    return { status: 202 };
  }
  void app.invoker.invoke({
    function: info,
    reason: 'This function was programmatically called via the host APIs.',
    ...manualData(info, run.data, app.clock.now()),
  });
  return { status: 202 };
}

function describe(info: FunctionInfo, app: AdminApp): object {
  const isHttp = info.trigger.type.toLowerCase() === 'httptrigger';
  const prefix = app.routePrefix === '' ? '' : `${app.routePrefix}/`;
  const route = typeof info.trigger.route === 'string' ? info.trigger.route : info.name;
  const bindings = Object.entries(info.bindings).map(([name, binding]) => ({ ...binding, name }));
  return {
    name: info.name,
    href: `${app.baseUrl}/admin/functions/${info.name}`,
    invoke_url_template: isHttp ? `${app.baseUrl}/${prefix}${route}`.toLowerCase() : null,
    language: 'node',
    isDisabled: info.isDisabled,
    config: { name: info.name, language: 'node', bindings },
  };
}

function notFound(segments: readonly string[]): WebhookAnswer {
  return { status: 404, text: `/admin/${segments.join('/')} is not implemented.` };
}
