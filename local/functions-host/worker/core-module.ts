import Module from 'node:module';

const coreModuleName = '@azure/functions-core';
const globalKey = Symbol.for('crossover.functions-core');

type LoadableModule = typeof Module & { _load(request: string, ...rest: unknown[]): unknown };

/**
 * Makes `@azure/functions-core` a module that exists. The library `require`s it from wherever it is installed, several
 * copies of the library included, so the name itself is answered, not a path. An app's own `import` of the name is
 * answered too, where Node has synchronous hooks (22.15).
 */
export function provideCoreModule(coreApi: Readonly<Record<string, unknown>>): void {
  const loadable = Module as LoadableModule;
  const load = loadable._load;
  loadable._load = function (this: unknown, request: string, ...rest: unknown[]) {
    return request === coreModuleName ? coreApi : Reflect.apply(load, this, [request, ...rest]);
  };
  (globalThis as Record<symbol, unknown>)[globalKey] = coreApi;
  Module.registerHooks?.({
    resolve(specifier, context, nextResolve) {
      if (specifier !== coreModuleName || !context.conditions.includes('import'))
        return nextResolve(specifier, context);
      return { url: moduleUrl(Object.keys(coreApi)), format: 'module', shortCircuit: true };
    },
  });
}

function moduleUrl(exportNames: readonly string[]): string {
  const source = [
    `const core = globalThis[Symbol.for('crossover.functions-core')];`,
    ...exportNames.map((name) => `export const ${name} = core.${name};`),
    'export default core;',
  ].join('\n');
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
