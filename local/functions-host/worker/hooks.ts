import { Disposable } from './disposable.ts';
import { ReadOnlyError, SystemRangeError } from './errors.ts';

export type HookData = Record<string, unknown>;
export type HookCallback = (context: object) => unknown;

const hookNames = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
export type HookName = (typeof hookNames)[number];

/** The hooks that the app registered, run in the order of their registration, each awaited. */
export class Hooks {
  /** Shared by all hooks of the app. */
  readonly appHookData: HookData = {};
  /** Shared by appStart and appTerminate hooks alone. */
  readonly appLevelHookData: HookData = {};
  private readonly callbacks = new Map<HookName, HookCallback[]>(hookNames.map((name) => [name, []]));

  register(hookName: string, callback: HookCallback): Disposable {
    const registered = this.callbacks.get(hookName as HookName);
    if (!registered) throw new SystemRangeError(`Unrecognized hook "${hookName}"`);
    registered.push(callback);
    return new Disposable(() => {
      const index = registered.indexOf(callback);
      if (index >= 0) registered.splice(index, 1);
    });
  }

  async run(hookName: Exclude<HookName, 'log'>, context: object): Promise<void> {
    for (const callback of [...(this.callbacks.get(hookName) ?? [])]) await callback(context);
  }

  /** Log hooks are synchronous: a log call does not wait. What one throws is handed back, it must not end the handler. */
  runLogHooks(context: object, failed: (error: unknown) => void): void {
    for (const callback of this.callbacks.get('log') ?? []) {
      try {
        callback(context);
      } catch (error) {
        failed(error);
      }
    }
  }

  get hasLogHooks(): boolean {
    return (this.callbacks.get('log')?.length ?? 0) > 0;
  }

  /** A context whose `hookData`, `appHookData` and the given fixed properties can be read and not replaced. */
  context(hookData: HookData, fixed: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const context: Record<string, unknown> = {};
    const readOnly = { hookData, appHookData: this.appHookData, ...fixed };
    for (const [name, value] of Object.entries(readOnly)) {
      Object.defineProperty(context, name, {
        enumerable: true,
        get: () => value,
        set: () => {
          throw new ReadOnlyError(name);
        },
      });
    }
    return context;
  }
}
