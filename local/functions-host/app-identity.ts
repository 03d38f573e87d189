import { createHash } from 'node:crypto';
import path from 'node:path';

/** The environment of the app's process: this one's, under the app's settings, and what the host itself sets. */
export function appEnvironment(appFolder: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(inherited),
    FUNCTIONS_WORKER_RUNTIME: 'node',
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    AzureWebJobsScriptRoot: appFolder,
    ...settings,
  };
}

/** Names what this host keeps in storage (timer status, blob receipts): the same at every start of the same folder. */
export function hostIdOf(appFolder: string, settings: Readonly<Record<string, string>>): string {
  const own = settings.AzureFunctionsWebHost__hostid ?? settings['AzureFunctionsWebHost:hostid'];
  if (own) return own.toLowerCase();
  const name = path
    .basename(appFolder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 20);
  return `${name || 'app'}-${createHash('sha256').update(appFolder).digest('hex').slice(0, 10)}`;
}
