import { parseArgs } from 'node:util';
import { DEFAULT_PORTS, DYNAMIC_PORTS, type Ports } from '../ports.ts';
import { didYouMean } from '../topology/problems.ts';
import { type CommandText, commands, type OptionText } from './usage.ts';

/** The command line is wrong. The message says what; the usage of `command` follows. */
export class UsageError extends Error {
  readonly command: CommandText | undefined;

  constructor(message: string, command?: CommandText) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
  }
}

export interface CommandLine {
  readonly command: string;
  /** Not resolved; undefined: the current folder. */
  readonly folder: string | undefined;
  readonly switches: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export type Request =
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly command: CommandText | undefined }
  | { readonly kind: 'command'; readonly line: CommandLine };

/** @throws UsageError */
export function readCommandLine(args: readonly string[]): Request {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-v') return { kind: 'version' };
  if (first === '--help' || first === '-h') return { kind: 'help', command: undefined };
  if (first === undefined) throw new UsageError('A command is missing.');
  if (first.startsWith('-'))
    throw new UsageError(`${first} stands before the command; write "crossover start ${first}".`);
  const command = findCommand(first);
  if (rest.includes('--help') || rest.includes('-h')) return { kind: 'help', command };
  if (command.name === 'help')
    return { kind: 'help', command: rest[0] === undefined ? undefined : findCommand(rest[0]) };
  return { kind: 'command', line: readOptions(command, rest) };
}

function findCommand(name: string): CommandText {
  const command = commands.find((each) => each.name === name);
  if (command) return command;
  const guess = didYouMean(
    name,
    commands.map((each) => each.name),
  );
  throw new UsageError(`There is no command "${name}"${guess ? `; ${guess}` : '.'}`);
}

function readOptions(command: CommandText, args: string[]): CommandLine {
  const { tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      command.options.map(({ name, value }) => [name, { type: value ? ('string' as const) : ('boolean' as const) }]),
    ),
  });
  const folders: string[] = [];
  const switches = new Set<string>();
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') folders.push(token.value);
    if (token.kind !== 'option') continue;
    const option = command.options.find((each) => each.name === token.name);
    if (!option) throw unknownOption(command, token.rawName);
    if (option.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`, command);
      switches.add(option.name);
      continue;
    }
    // "--topology --json": the next option is not a file name.
    if (token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('--')))
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}.`, command);
    checkValue(command, option, token.value);
    const earlier = values.get(option.name);
    if (earlier && !option.isRepeatable) throw new UsageError(`${token.rawName} stands twice.`, command);
    values.set(option.name, [...(earlier ?? []), token.value]);
  }
  if (folders.length > (command.takesFolder ? 1 : 0))
    throw new UsageError(`"${folders.at(-1)}" is one word too many.`, command);
  return { command: command.name, folder: folders[0], switches, values };
}

function unknownOption(command: CommandText, rawName: string): UsageError {
  const guess = didYouMean(
    rawName.replace(/^-+/, ''),
    command.options.map((each) => each.name),
  );
  return new UsageError(
    `${command.name} has no option ${rawName}${guess ? `; ${guess.replace('"', '"--')}` : '.'}`,
    command,
  );
}

function checkValue(command: CommandText, option: OptionText, value: string): void {
  if (option.isPort && (!/^\d{1,5}$/.test(value) || Number(value) > 65_535))
    throw new UsageError(`--${option.name} ${value}: a port is a number from 0 to 65535.`, command);
  if (option.choices && !option.choices.includes(value))
    throw new UsageError(`--${option.name} ${value}: use one of ${option.choices.join(', ')}.`, command);
}

const portNames: Readonly<Record<keyof Ports, string>> = {
  blob: 'blob-port',
  queue: 'queue-port',
  table: 'table-port',
  serviceBus: 'service-bus-port',
  eventHubs: 'event-hubs-port',
  management: 'management-port',
  eventGrid: 'event-grid-port',
  functions: 'functions-port',
  smtp: 'smtp-port',
};

/**
 * @param appsHttpPort what the app's own settings say, in the place of the default
 * @throws UsageError when two parts would have the same port; the two AMQP brokers may
 */
export function portsOf(line: CommandLine, appsHttpPort: number = DEFAULT_PORTS.functions): Ports {
  const otherwise = line.switches.has('dynamic-ports') ? DYNAMIC_PORTS : { ...DEFAULT_PORTS, functions: appsHttpPort };
  const entries = Object.entries(portNames).map(([name, option]) => {
    const value = line.values.get(option)?.[0];
    return [name as keyof Ports, value === undefined ? otherwise[name as keyof Ports] : Number(value)] as const;
  });
  for (const [index, [name, port]] of entries.entries()) {
    const other = entries.slice(0, index).find((each) => each[1] === port);
    if (!other || port === 0 || (other[0] === 'serviceBus' && name === 'eventHubs')) continue;
    throw new UsageError(
      `--${portNames[other[0]]} and --${portNames[name]} are both ${port}; give each a port of its own.`,
      commands.find((each) => each.name === line.command),
    );
  }
  return Object.fromEntries(entries) as unknown as Ports;
}
