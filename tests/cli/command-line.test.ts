import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { launcher, runCli, startCli, stopAll, withFolder } from './support.ts';

afterEach(stopAll);

describe('help and version', () => {
  test('--version prints the version of the package', async () => {
    const { code, stdout } = await runCli(['--version']);

    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });

  test.each([['help'], ['--help']])('%s lists the commands', async (...args) => {
    const { code, stdout } = await runCli(args);

    expect(stdout).toMatch(/crossover start \[folder\].*\n.*crossover settings.*\n.*crossover check/);
    expect(code).toBe(0);
  });

  test.each([
    ['help', 'start'],
    ['start', '--help'],
    ['start', '--blob-port', '1', '-h'],
  ])('%s %s lists the options of start', async (...args) => {
    const { code, stdout } = await runCli(args);

    expect(stdout).toContain('--ready-file <file>');
    expect(stdout).toMatch(/--service-bus-port <port> +Service Bus, AMQP \(default 5672; 0: a free one\)/);
    expect(code).toBe(0);
  });
});

describe('a wrong command line ends with 2, and the usage follows', () => {
  test.each([
    [[], 'A command is missing.'],
    [['strat'], 'There is no command "strat"; did you mean "start"?'],
    [['--no-app'], '--no-app stands before the command; write "crossover start --no-app".'],
    [['start', '--no-ap'], 'start has no option --no-ap; did you mean "--no-app"?'],
    [['start', '--blob-prot', '1'], 'start has no option --blob-prot; did you mean "--blob-port"?'],
    [['start', '--topology'], '--topology needs a value: --topology <file>.'],
    [['start', '--topology', '--json'], '--topology needs a value: --topology <file>.'],
    [['start', '--json=yes'], '--json takes no value.'],
    [['start', '--blob-port', 'x'], '--blob-port x: a port is a number from 0 to 65535.'],
    [['start', '--blob-port', '70000'], '--blob-port 70000: a port is a number from 0 to 65535.'],
    [
      ['start', '--event-grid-port', '10001'],
      '--queue-port and --event-grid-port are both 10001; give each a port of its own.',
    ],
    [['start', '--clock', 'sun'], '--clock sun: use one of real, virtual.'],
    [['start', '--data', 'a', '--data', 'b'], '--data stands twice.'],
    [['start', 'a', 'b'], '"b" is one word too many.'],
    [['help', 'me'], 'There is no command "me".'],
  ])('%j', async (args, problem) => {
    const { code, stdout, stderr } = await runCli(args);

    expect(stderr.split('\n')[0]).toBe(problem);
    expect(stderr).toMatch(/\n\n(Usage: crossover start|The local cloud)/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('the launcher on an old Node', () => {
  async function withOldNode<T>(use: (nodeArgs: string[], folder: string) => Promise<T>): Promise<T> {
    return withFolder(async (folder) => {
      const preload = join(folder, 'old-node.cjs');
      // Only the launcher's own process gets this: what it starts is the newer Node that it has found.
      await writeFile(preload, "Object.defineProperty(process, 'version', { value: 'v14.21.3' });\n");
      return use(['--require', preload], folder);
    });
  }

  test('finds the newer one in node_modules and runs itself with that, exit code and all', async () => {
    await withOldNode(async (nodeArgs) => {
      expect(await runCli(['--version'], { nodeArgs })).toMatchObject({ code: 0 });
      expect(await runCli(['start', '--nope'], { nodeArgs })).toMatchObject({ code: 2 });
    });
  });

  test('passes on the request to stop', async () => {
    await withOldNode(async (nodeArgs, cwd) => {
      const { child, ready, ended } = await startCli(['--no-app', '--dynamic-ports', '--in-memory'], { nodeArgs, cwd });
      expect(ready.pid).not.toBe(child.pid);

      child.kill('SIGTERM');

      expect(await ended).toMatchObject({ code: 0, stderr: '' });
    });
  });

  test('says in one sentence what is needed where there is none', async () => {
    await withOldNode(async (nodeArgs, folder) => {
      const bin = join(folder, 'bin');
      await mkdir(bin);
      const copy = join(bin, 'crossover.cjs');
      await copyFile(launcher, copy);

      const { code, stderr } = await runCli(['start'], { nodeArgs, cwd: folder, launcher: copy });

      expect(stderr).toBe(
        'crossover needs Node 22 or later, and this is v14.21.3. Install a newer Node, or add one to your project: npm install --save-dev node@24\n',
      );
      expect(code).toBe(1);
    });
  });
});
