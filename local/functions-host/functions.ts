import { missingBindings } from './bindings/bindings.ts';
import type { HostJson } from './host-json.ts';
import type { HostLog } from './host-log.ts';
import type { RegisteredFunction } from './rpc.ts';
import { isTriggerImplemented } from './triggers/start-trigger.ts';
import type { FunctionInfo } from './types.ts';

/**
 * What the app registered, less what host.json's `functions` leaves out. A function that needs a trigger or binding which is
 * not implemented is listed, said so in the log, and not triggered.
 */
export function toFunctionInfos(
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
    const missing = notImplemented(info);
    for (const what of missing)
      log.host('error', `${entry.name}: ${what} is not implemented. The function does not run.`);
    return missing.length === 0 ? [info] : [{ ...info, isDisabled: true }];
  });
}

/** The trigger and the bindings of a function that this host does not have, as the log names them. */
export function notImplemented(info: FunctionInfo): string[] {
  const { type, properties } = info.trigger;
  const missing = missingBindings(info);
  if (!isTriggerImplemented(type)) return [`the trigger "${type}"`, ...missing];
  // It settles through a gRPC service of the real host.
  if (type.toLowerCase() === 'servicebustrigger' && properties?.supportsDeferredBinding === 'true')
    return ['sdkBinding of a Service Bus trigger (settlement by the function)', ...missing];
  return missing;
}
