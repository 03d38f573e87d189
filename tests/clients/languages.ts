import { join } from 'node:path';

export interface Language {
  readonly name: string;
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

export const languages: readonly Language[] = [
  {
    name: 'python',
    needs: [{ command: python, args: ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))'] }],
    steps(source, scratch) {
      const inside = join(scratch, isWindows ? 'Scripts' : 'bin', isWindows ? 'python.exe' : 'python');
      const environment = { PYTHONDONTWRITEBYTECODE: '1' };
      return [
        { what: 'make a virtual environment', command: python, args: ['-m', 'venv', scratch], folder: source },
        {
          what: 'install the pinned packages',
          command: inside,
          args: ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
          folder: source,
        },
        { what: 'run the program', command: inside, args: ['main.py'], folder: source, environment },
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
];
