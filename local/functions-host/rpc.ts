/**
 * What the host and the app's process say to each other, over Node's IPC with advanced serialization (bytes travel as
 * bytes). The data shapes are those of the language worker protocol (FunctionRpc.proto of
 * azure-functions-language-worker-protobuf), because the library's converters read and write exactly these.
 */

export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: HttpData;
  collectionString?: { string: string[] };
  collectionBytes?: { bytes: Uint8Array[] };
  modelBindingData?: ModelBindingData;
}

export interface ModelBindingData {
  version: string;
  source: string;
  contentType: string;
  content: Uint8Array;
}

export interface HttpData {
  method?: string;
  url?: string;
  body?: TypedData;
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: HttpCookie[];
  enableContentNegotiation?: boolean;
  nullableHeaders?: Record<string, { value: string }>;
  nullableParams?: Record<string, { value: string }>;
  nullableQuery?: Record<string, { value: string }>;
}

export interface HttpCookie {
  name?: string;
  value?: string;
  domain?: { value?: string };
  path?: { value?: string };
  expires?: { value?: { seconds?: number; nanos?: number } };
  secure?: { value?: boolean };
  httpOnly?: { value?: boolean };
  /** `none`: the attribute is left out; `explicitNone`: `SameSite=None`. */
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
  maxAge?: { value?: number };
}

export interface Binding {
  readonly type: string;
  readonly direction: 'in' | 'out' | 'inout';
  readonly name: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly [option: string]: unknown;
}

export interface RetryOptions {
  readonly retryStrategy: 'fixedDelay' | 'exponentialBackoff';
  readonly maxRetryCount: number;
  readonly delayInterval?: { readonly seconds?: number };
  readonly minimumInterval?: { readonly seconds?: number };
  readonly maximumInterval?: { readonly seconds?: number };
}

/** A function as the app registered it. Keys of `bindings` are the binding names; the return binding is `$return`. */
export interface RegisteredFunction {
  readonly name: string;
  readonly functionId: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: RetryOptions;
}

export interface RetryContext {
  retryCount: number;
  maxRetryCount: number;
  exception?: { message: string; source: string; stackTrace: string };
}

export interface TraceContext {
  traceParent: string;
  traceState: string;
  attributes: Record<string, string>;
}

export interface InvocationRequest {
  invocationId: string;
  functionId: string;
  inputData: { name: string; data: TypedData }[];
  triggerMetadata: Record<string, TypedData>;
  retryContext?: RetryContext;
  traceContext?: TraceContext;
}

export interface InvocationResponse {
  outputData: { name: string; data: TypedData }[];
  returnValue: TypedData | null | undefined;
}

export interface FunctionError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

export type WorkerLogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type WorkerLogCategory = 'user' | 'system' | 'customMetric';

export type HostMessage =
  | { readonly type: 'start'; readonly appFolder: string; readonly main: string; readonly module: boolean }
  | { readonly type: 'environment'; readonly values: Readonly<Record<string, string>> }
  | { readonly type: 'invoke'; readonly request: InvocationRequest }
  | { readonly type: 'terminate' };

export type WorkerMessage =
  | {
      readonly type: 'started';
      readonly functions: readonly RegisteredFunction[];
      readonly capabilities: Readonly<Record<string, string>>;
      /** The library that registered the functions, such as `@azure/functions 4.16.5`; empty if none did. */
      readonly programmingModel: string;
    }
  | { readonly type: 'start-failed'; readonly error: FunctionError; readonly code?: string }
  | {
      readonly type: 'log';
      readonly level: WorkerLogLevel;
      readonly category: WorkerLogCategory;
      readonly message: string;
      readonly functionName?: string;
      readonly invocationId?: string;
    }
  | { readonly type: 'succeeded'; readonly invocationId: string; readonly response: InvocationResponse }
  | { readonly type: 'failed'; readonly invocationId: string; readonly error: FunctionError };
