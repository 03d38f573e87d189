import { AppProcess } from '../functions-host/app-process.ts';
import { type HostJson, readHostJson } from '../functions-host/host-json.ts';
import type { FunctionInfo } from '../functions-host/index.ts';
import { readPackageJson } from '../functions-host/package-json.ts';

export interface LoadedApp {
  readonly functions: readonly FunctionInfo[];
  readonly hostJson: HostJson;
  /** What host.json holds that does not count. */
  readonly warnings: readonly string[];
}

/**
 * Loads the built app in a process of its own, as the host does, asks what it registers, and ends it. No trigger starts.
 * @throws FunctionsHostError when the app does not load
 */
export async function loadApp(appFolder: string, settings: Readonly<Record<string, string>>): Promise<LoadedApp> {
  const warnings: string[] = [];
  const hostJson = readHostJson(appFolder, settings, (text) => warnings.push(text));
  const { main, isModule } = readPackageJson(appFolder);
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const app = new AppProcess({
    appFolder,
    main,
    isModule,
    environment: () => ({ ...Object.fromEntries(inherited), FUNCTIONS_WORKER_RUNTIME: 'node', ...settings }),
    onLog: () => undefined,
    onOutput: () => undefined,
    onCrash: () => undefined,
    onRestarted: () => undefined,
    onRestartFailed: () => undefined,
  });
  try {
    const started = await app.start();
    const functions = started.functions.flatMap(({ name, bindings, retryOptions }): FunctionInfo[] => {
      const trigger = Object.values(bindings).find(({ type }) => /trigger$/i.test(type));
      return trigger ? [{ name, trigger, bindings, retry: retryOptions, isDisabled: false }] : [];
    });
    return { functions, hostJson, warnings };
  } finally {
    await app.close();
  }
}
