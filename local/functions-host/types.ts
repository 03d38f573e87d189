import type { Clock } from '../clock/index.ts';
import type { Log } from '../log.ts';
import type { Binding, RetryOptions } from './rpc.ts';
import type { CloudEndpoints } from './settings.ts';

/** One function of the app, as its trigger and bindings were registered. */
export interface FunctionInfo {
  readonly name: string;
  readonly trigger: Binding;
  /** Every binding, the trigger included, by its key; the return binding's key is `$return`. */
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retry: RetryOptions | undefined;
  /** Set by `AzureWebJobs.<name>.Disabled`: listed, never triggered. */
  readonly isDisabled: boolean;
}

/** Which pages of other origins may call the app's HTTP functions. */
export interface CorsPolicy {
  /** `http://localhost:4200`, without a slash at the end; `*`: all. */
  readonly origins: readonly string[];
  /** Cookies and authorization may come along. Not with `*`. */
  readonly allowsCredentials: boolean;
}

export interface FunctionsHostOptions {
  /** The folder with `host.json` and `package.json`. */
  readonly appFolder: string;
  /** The app settings; they win over the environment of this process. */
  readonly settings: Readonly<Record<string, string>>;
  /** 0: a free one. */
  readonly port: number;
  /** Default: no page of another origin. */
  readonly cors?: CorsPolicy;
  /** Times timers, poll intervals and retry delays. */
  readonly clock?: Clock;
  readonly log: Log;
  /** Where connections that nobody sets, and the emulators' connection strings, point to. */
  readonly cloud?: CloudEndpoints;
  /** Called whenever the app has been loaded, with what it registered. */
  readonly onFunctions?: (functions: readonly FunctionInfo[]) => void;
  /** Load the app anew when its built files change. */
  readonly watch?: boolean;
  /** Ends a start that is still going on: the app's process is gone, and the promise rejects. */
  readonly signal?: AbortSignal;
  /** How long running invocations may take to finish when the host closes; default 500. */
  readonly drainMs?: number;
}

export interface FunctionsHost {
  readonly url: string;
  readonly port: number;
  readonly functions: readonly FunctionInfo[];
  /** What the app sees: the given settings, with every connection resolved. */
  readonly settings: Readonly<Record<string, string>>;
  /** Stops the triggers, waits for running invocations (`drainMs`), ends the app's process, closes every client. */
  close(): Promise<void>;
}

/** The app or its configuration cannot be used; the message says what, where and what to do. */
export class FunctionsHostError extends Error {
  override readonly name = 'FunctionsHostError';
}
