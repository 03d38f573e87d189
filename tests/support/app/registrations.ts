import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, sourceFiles } from '../../architecture/source-files.ts';

export interface Registration {
  readonly name: string;
  /** Where it was registered, from the root. */
  readonly file: string;
  readonly trigger: Readonly<Record<string, unknown>> & { readonly type: string };
}

interface Binding extends Readonly<Record<string, unknown>> {
  readonly type: string;
  readonly direction: string;
}

const require = createRequire(import.meta.url);
const modules = require('node:module') as { _load: (request: string, ...rest: unknown[]) => unknown };

/**
 * What the app registers, as the real library hands it to the host: `@azure/functions` asks for `@azure/functions-core`,
 * which only a host provides, and gets one here that writes down (contracts: "How the library meets the host").
 */
export async function registrations(): Promise<Registration[]> {
  const found: Registration[] = [];
  let file = '';
  const core = {
    version: '4.0.0',
    hostVersion: '4.0.0',
    setProgrammingModel() {},
    registerHook: () => ({ dispose() {} }),
    log() {},
    registerFunction({ name, bindings }: { name: string; bindings: Record<string, Binding> }) {
      const trigger = Object.values(bindings).find((binding) => /trigger$/i.test(binding.type));
      if (trigger) found.push({ name, file, trigger });
      return { dispose() {} };
    },
    Disposable: class {},
  };
  const load = modules._load;
  modules._load = function intercepted(request: string, ...rest: unknown[]) {
    return request === '@azure/functions-core' ? core : load.call(this, request, ...rest);
  };
  try {
    for (const { path } of sourceFiles('functions').filter(({ path: one }) => one.endsWith('.function.ts'))) {
      file = path;
      await import(/* @vite-ignore */ pathToFileURL(join(root, path)).href);
    }
  } finally {
    modules._load = load;
  }
  return found;
}
