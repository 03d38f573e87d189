import type { Binding, RegisteredFunction, RetryOptions, WorkerLogCategory, WorkerLogLevel } from '../rpc.ts';
import { Disposable } from './disposable.ts';
import { SystemError } from './errors.ts';
import { Hooks } from './hooks.ts';

export type FunctionCallback = (...args: unknown[]) => unknown;

/** What a programming model (`@azure/functions` v4) gives the worker: types-core/index.d.ts of the real worker. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: object): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ outputData?: unknown; returnValue?: unknown }>;
}

interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Record<string, Binding>;
  readonly retryOptions?: RetryOptions;
}

export type LogSink = (entry: {
  level: WorkerLogLevel;
  category: WorkerLogCategory;
  message: string;
  functionName?: string;
  invocationId?: string;
}) => void;

/** The app as it has registered itself so far. */
export class App {
  readonly hooks = new Hooks();
  readonly functions = new Map<
    string,
    { readonly metadata: RegisteredFunction; readonly callback: FunctionCallback }
  >();
  programmingModel: ProgrammingModel | undefined;
  /** Set once start-up has finished: functions come at start-up only. */
  locked = false;
  private readonly log: LogSink;

  constructor(log: LogSink) {
    this.log = log;
  }

  /** The module that `require('@azure/functions-core')` gives the library. */
  coreApi(): Record<string, unknown> {
    return {
      version: workerVersion,
      hostVersion,
      registerHook: (name: string, callback: (context: object) => unknown) => this.hooks.register(name, callback),
      setProgrammingModel: (model: ProgrammingModel) => {
        this.programmingModel = model;
      },
      getProgrammingModel: () => this.programmingModel,
      log: (level: WorkerLogLevel, category: WorkerLogCategory, message: string) =>
        this.log({ level, category, message }),
      registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
        this.registerFunction(metadata, callback),
      Disposable,
    };
  }

  private registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    if (this.locked) throw new SystemError('A function can only be registered during app startup.');
    const functionId = metadata.functionId ?? metadata.name;
    if (this.functions.has(functionId)) {
      throw new SystemError(`A function with id "${functionId}" has already been registered.`);
    }
    const bindings = Object.fromEntries(
      Object.entries(metadata.bindings).map(([name, binding]) => [name, plain({ ...binding, name })]),
    );
    const { name, retryOptions } = metadata;
    const registered = { name, functionId, bindings, retryOptions: retryOptions && plain(retryOptions) };
    this.functions.set(functionId, { metadata: registered, callback });
    return new Disposable(() => {
      if (this.locked) throw new SystemError('A function can only be disposed during app startup.');
      this.functions.delete(functionId);
    });
  }
}

/** The versions that this stand-in speaks for: the worker whose source it was written after, and a host of its year. */
export const workerVersion = '3.12.0';
export const hostVersion = '4.1042.0';

/** Bindings are JSON to the real host (rawBindings); whatever else an app puts there does not leave its process. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
