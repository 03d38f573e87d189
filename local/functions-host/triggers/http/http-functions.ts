import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  compareRoutes,
  parseRouteTemplate,
  type RouteTemplate,
  RouteTemplateError,
} from '../../engine/route-template.ts';
import type { HostJson } from '../../host-json.ts';
import type { Invocation, Invoker } from '../../invoker.ts';
import type { HttpData } from '../../rpc.ts';
import { type FunctionInfo, FunctionsHostError } from '../../types.ts';
import { BodyTooLarge, readBody } from './body.ts';
import { sendHttpData, sendText } from './response.ts';
import { forwardStreaming } from './streaming.ts';

interface Route {
  readonly info: FunctionInfo;
  readonly template: RouteTemplate;
  readonly methods: ReadonlySet<string>;
}

export interface HttpFunctions {
  /** Answers the request if a function's route and method fit it. */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean>;
  /** `submit-order: [POST] http://…/api/orders` for every HTTP function. */
  list(baseUrl: string): string[];
}

type HttpOptions = HostJson['extensions']['http'];

/**
 * HTTP triggers: routes under the prefix, most exact first. Authorization levels ask for no key on this machine, as with
 * `func start`.
 *
 * @param httpUri the app's own server when it streams (`app.setup({ enableHttpStream: true })`)
 */
export function httpFunctions(
  functions: readonly FunctionInfo[],
  options: HttpOptions,
  invoker: Invoker,
  httpUri: string | undefined,
): HttpFunctions {
  const prefix = options.routePrefix.replace(/^\/+|\/+$/g, '');
  const prefixSegments = prefix === '' ? [] : prefix.toLowerCase().split('/');
  const routes = functions
    .filter((info) => info.trigger.type.toLowerCase() === 'httptrigger' && !info.isDisabled)
    .map((info) => toRoute(info))
    .sort((a, b) => compareRoutes(a.template, b.template));
  const limit = options.maxConcurrentRequests > 0 ? options.maxConcurrentRequests : Number.POSITIVE_INFINITY;
  const outstanding = options.maxOutstandingRequests > 0 ? options.maxOutstandingRequests : Number.POSITIVE_INFINITY;
  let runningCount = 0;
  const waiting: (() => void)[] = [];

  return {
    async handle(request, response, url) {
      const found = findRoute(url, request.method ?? 'GET');
      if (!found) return false;
      for (const [name, value] of Object.entries(options.customHeaders)) response.setHeader(name, value);
      if (runningCount + waiting.length >= outstanding) {
        sendText(response, 429, 'Too many requests (maxOutstandingRequests of host.json).');
        return true;
      }
      if (runningCount >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      runningCount += 1;
      try {
        await answer(request, response, url, found.route, found.params);
      } finally {
        runningCount -= 1;
        waiting.shift()?.();
      }
      return true;
    },
    list: (baseUrl) =>
      routes.map(({ info, template, methods }) => {
        const path = [...(prefix === '' ? [] : [prefix]), template.text].join('/');
        return `${info.name}: [${[...methods].join(',')}] ${baseUrl}/${path}`;
      }),
  };

  function findRoute(url: URL, method: string): { route: Route; params: Record<string, string> } | undefined {
    const segments = pathSegments(url.pathname);
    if (!segments || !prefixSegments.every((segment, index) => segments[index]?.toLowerCase() === segment)) return;
    const rest = segments.slice(prefixSegments.length);
    for (const route of routes) {
      const params = route.methods.has(method) ? route.template.match(rest) : undefined;
      if (params) return { route, params };
    }
    return undefined;
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    { info }: Route,
    params: Record<string, string>,
  ): Promise<void> {
    const headers = headersOf(request);
    const query = queryOf(url);
    const invocation: Invocation = {
      function: info,
      reason: 'This function was programmatically called via the host APIs.',
      invocationId: randomUUID(),
      data: { http: {} },
      triggerMetadata: { ...params, Query: query, Headers: headers },
      bindingData: { ...params, Query: query, Headers: headers },
      traceParent: headers.traceparent,
      traceState: headers.tracestate,
    };
    if (httpUri) return forwardStreaming(request, response, httpUri, invocation, invoker);
    let body: Buffer;
    try {
      body = await readBody(request);
    } catch (error) {
      if (error instanceof BodyTooLarge) return sendText(response, 413, error.message);
      throw error;
    }
    const http: HttpData = {
      url: url.href,
      method: request.method,
      nullableHeaders: nullable(headers),
      nullableParams: nullable(params),
      nullableQuery: nullable(query),
      body: body.length > 0 ? { bytes: body } : undefined,
    };
    const outcome = await invoker.invoke({ ...invocation, data: { http } });
    if (response.destroyed) return;
    if (outcome.kind === 'failed') return sendText(response, 500, '');
    if (outcome.kind === 'lost') return sendText(response, 503, outcome.reason);
    const named = outcome.outputs.find(({ binding }) => binding.type.toLowerCase() === 'http')?.data.http;
    sendHttpData(response, outcome.returnValue?.http ?? named, request.method === 'HEAD');
  }
}

function toRoute(info: FunctionInfo): Route {
  const { route, methods } = info.trigger;
  try {
    return {
      info,
      template: parseRouteTemplate(typeof route === 'string' && route !== '' ? route : info.name),
      methods: new Set((Array.isArray(methods) ? methods : ['GET', 'POST']).map((name) => String(name).toUpperCase())),
    };
  } catch (error) {
    if (error instanceof RouteTemplateError) throw new FunctionsHostError(`Function ${info.name}: ${error.message}`);
    throw error;
  }
}

/** Percent-decoded, but for `%2F`, which ASP.NET leaves as it is; `undefined` for a path that cannot be decoded. */
function pathSegments(pathname: string): string[] | undefined {
  try {
    return pathname
      .replace(/^\/+|\/+$/g, '')
      .split('/')
      .map((segment) => segment.split(/%2f/i).map(decodeURIComponent).join('%2F'));
  } catch {
    return undefined;
  }
}

/** Repeated headers and query parameters reach the app joined by commas, as ASP.NET's StringValues prints them. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function queryOf(url: URL): Record<string, string> {
  const query: Record<string, string> = {};
  for (const name of new Set(url.searchParams.keys())) query[name] = url.searchParams.getAll(name).join(',');
  return query;
}

function nullable(values: Readonly<Record<string, string>>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
