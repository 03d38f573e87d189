/**
 * `npm run deploy:subscriptions`: phase two, after the code is deployed. Takes the outputs of phase one from the environment,
 * where azd puts them (its hook calls this), or asks `azd env get-values`. With `--what-if` nothing is changed.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const needed = [
  'AZURE_RESOURCE_GROUP',
  'FUNCTION_APP_NAME',
  'NAME_TOKEN',
  'STORAGE_ACCOUNT_NAME',
  'SERVICE_BUS_TIER',
  'LOGIC_APPS',
] as const;
/** On Windows az and azd are scripts, which only a shell can start; none of our arguments means anything to it. */
const shell = process.platform === 'win32';

class DeployError extends Error {}

/** What the environment lacks, as azd knows it: lines of NAME="value". */
function environmentOfAzd(): Record<string, string> {
  const { status, stdout } = spawnSync('azd', ['env', 'get-values'], { cwd: root, encoding: 'utf8', shell });
  if (status !== 0) return {};
  return Object.fromEntries(
    stdout.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^(\w+)="(.*)"$/.exec(line) ?? [];
      return name ? [[name, value ?? '']] : [];
    }),
  );
}

function settings(): NodeJS.ProcessEnv {
  const isComplete = needed.every((name) => process.env[name]);
  const environment = isComplete ? process.env : { ...environmentOfAzd(), ...process.env };
  const missing = needed.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new DeployError(
      `These outputs of phase one are missing: ${missing.join(', ')}. Run "azd provision", or set them.`,
    );
  }
  return environment;
}

function deploy(): number {
  const env = settings();
  const isWhatIf = process.argv.includes('--what-if');
  const args = [
    ...['deployment', 'group', isWhatIf ? 'what-if' : 'create', '--resource-group', env.AZURE_RESOURCE_GROUP ?? ''],
    ...['--name', 'subscriptions', '--parameters', join(root, 'infra', 'subscriptions.bicepparam')],
    ...(env.AZURE_SUBSCRIPTION_ID ? ['--subscription', env.AZURE_SUBSCRIPTION_ID] : []),
    ...(isWhatIf ? [] : ['--output', 'none']),
  ];
  console.log(`Event subscriptions: az ${args.slice(0, 3).join(' ')} into ${env.AZURE_RESOURCE_GROUP} …`);
  const { status, error } = spawnSync('az', args, { cwd: root, env, stdio: 'inherit', shell });
  if (error) throw new DeployError(`The Azure CLI (az) could not be started: ${error.message}`);
  return status ?? 1;
}

try {
  process.exitCode = deploy();
} catch (error) {
  if (!(error instanceof DeployError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
