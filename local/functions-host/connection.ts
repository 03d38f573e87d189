import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TokenCredential } from '@azure/identity';
import { FunctionsHostError } from './types.ts';

/** What a binding's `connection` leads to: a connection string, or a service's address and an identity. */
export type Connection =
  | { readonly kind: 'string'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly section: Readonly<Record<string, string>> };

/**
 * Looks a connection up as the WebJobs SDK does: the setting itself (`AzureWebJobs` may stand before its name), a
 * `ConnectionStrings` entry, or the settings that start with `<name>__`.
 *
 * @throws {@link FunctionsHostError} when nothing is set
 */
export function findConnection(name: string, settings: Readonly<Record<string, string>>): Connection {
  const prefixes = [`AzureWebJobs${name}`, `ConnectionStrings__${name}`, `ConnectionStrings:${name}`, name];
  for (const prefix of prefixes) {
    const connectionString = settings[prefix];
    if (connectionString) return { kind: 'string', connectionString };
    const section: Record<string, string> = {};
    for (const [key, value] of Object.entries(settings)) {
      const found = key.startsWith(`${prefix}__`) || key.startsWith(`${prefix}:`);
      if (found) section[key.slice(prefix.length).replace(/^(__|:)/, '')] = value;
    }
    if (Object.keys(section).length > 0) return { kind: 'identity', section };
  }
  throw new FunctionsHostError(
    `The connection "${name}" is not set: add the app setting ${name} with a connection string, ` +
      `or ${name}__fullyQualifiedNamespace (storage: ${name}__blobServiceUri, __queueServiceUri, __tableServiceUri).`,
  );
}

/** One of a section's keys. @throws {@link FunctionsHostError} when it is missing */
export function sectionValue(
  connection: string,
  section: Readonly<Record<string, string>>,
  ...names: string[]
): string {
  for (const name of names) if (section[name]) return section[name];
  throw new FunctionsHostError(`The connection "${connection}" has no ${connection}__${names[0]}.`);
}

/**
 * The identity of a section: a managed identity where `credential` says so, else what this machine is signed in with.
 * `@azure/identity` is heavy and rarely used on a laptop: the host does not bring it, the app may.
 */
export async function credentialOf(
  section: Readonly<Record<string, string>>,
  appFolder: string,
): Promise<TokenCredential> {
  const identity = await loadIdentity(appFolder);
  if (/^managedidentity$/i.test(section.credential ?? '')) {
    return section.clientId
      ? new identity.ManagedIdentityCredential({ clientId: section.clientId })
      : new identity.ManagedIdentityCredential();
  }
  return new identity.DefaultAzureCredential();
}

async function loadIdentity(appFolder: string): Promise<typeof import('@azure/identity')> {
  try {
    const found = createRequire(path.join(appFolder, 'package.json')).resolve('@azure/identity');
    return (await import(pathToFileURL(found).href)) as typeof import('@azure/identity');
  } catch {
    throw new FunctionsHostError(
      'A connection of the app uses an identity, and the package @azure/identity is not installed: ' +
        'run "npm install @azure/identity", or give the connection a connection string.',
    );
  }
}
