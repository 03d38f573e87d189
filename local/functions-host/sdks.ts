/**
 * The Azure SDKs, each loaded when first asked for, and only one at a time: they share dependencies of which some are
 * CommonJS that requires ESM, and Node (20.19 to 24 at least) refuses that `require` while another `import()` is still
 * loading the same module ("Cannot require() ES Module … because it is not yet fully loaded").
 */
const loaders = {
  '@azure/data-tables': () => import('@azure/data-tables'),
  '@azure/event-hubs': () => import('@azure/event-hubs'),
  '@azure/eventhubs-checkpointstore-blob': () => import('@azure/eventhubs-checkpointstore-blob'),
  '@azure/service-bus': () => import('@azure/service-bus'),
  '@azure/storage-blob': () => import('@azure/storage-blob'),
  '@azure/storage-queue': () => import('@azure/storage-queue'),
} as const;

type Sdks = { readonly [Name in keyof typeof loaders]: Awaited<ReturnType<(typeof loaders)[Name]>> };
export type SdkName = keyof Sdks;

const loading = new Map<SdkName, Promise<unknown>>();
let last: Promise<unknown> = Promise.resolve();

export function loadSdk<Name extends SdkName>(name: Name): Promise<Sdks[Name]> {
  const known = loading.get(name);
  if (known) return known as Promise<Sdks[Name]>;
  const load: () => Promise<unknown> = loaders[name];
  const loaded = last.then(load, load);
  last = loaded;
  loading.set(name, loaded);
  return loaded as Promise<Sdks[Name]>;
}

/**
 * Loads the SDKs of these extensions (host.json's names) while the app's own process is loading the app: half a second that
 * would come after it. What cannot be loaded says so when it is needed.
 */
export function preloadSdks(extensions: readonly string[]): void {
  const needs: Readonly<Record<string, readonly SdkName[]>> = {
    serviceBus: ['@azure/service-bus'],
    eventHubs: ['@azure/event-hubs', '@azure/eventhubs-checkpointstore-blob'],
    queues: ['@azure/storage-queue'],
    blobs: ['@azure/storage-blob', '@azure/storage-queue'],
  };
  for (const name of extensions.flatMap((extension) => needs[extension] ?? [])) loadSdk(name).catch(() => {});
}
