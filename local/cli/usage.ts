import { DEFAULT_PORTS } from '../ports.ts';

export interface OptionText {
  readonly name: string;
  /** `<file>`; absent: a switch. */
  readonly value?: string;
  readonly isRepeatable?: boolean;
  readonly choices?: readonly string[];
  readonly isPort?: boolean;
  readonly text: string;
}

export interface CommandText {
  readonly name: string;
  readonly synopsis: string;
  readonly summary: string;
  readonly options: readonly OptionText[];
  readonly takesFolder: boolean;
}

const port = (name: keyof typeof DEFAULT_PORTS, option: string, what: string): OptionText => ({
  name: option,
  value: '<port>',
  isPort: true,
  text: `${what} (default ${DEFAULT_PORTS[name] === 0 ? 'a free one' : `${DEFAULT_PORTS[name]}; 0: a free one`})`,
});

const entityOptions: readonly OptionText[] = [
  {
    name: 'topology',
    value: '<file>',
    text: "entities, as topology.json (default: the app's infra/topology.json or topology.json, if there)",
  },
  {
    name: 'config',
    value: '<file>',
    isRepeatable: true,
    text: "entities, as the official emulators' Config.json; may stand more than once, and beside --topology",
  },
];

const dataOption: OptionText = {
  name: 'data',
  value: '<folder>',
  text: "where messages, events and blobs live between runs (default: .crossover in the app's folder)",
};

const portOptions: readonly OptionText[] = [
  port('blob', 'blob-port', 'blobs'),
  port('queue', 'queue-port', 'Storage queues'),
  port('table', 'table-port', 'tables'),
  port('serviceBus', 'service-bus-port', 'Service Bus, AMQP'),
  port('eventHubs', 'event-hubs-port', 'Event Hubs, AMQP; may be the same as --service-bus-port'),
  port('management', 'management-port', 'Service Bus management over HTTP, /health, inspection'),
  port('eventGrid', 'event-grid-port', 'Event Grid'),
  port('functions', 'functions-port', 'HTTP functions, webhooks, admin routes'),
  port('smtp', 'smtp-port', "the mail server that keeps the app's mails"),
  { name: 'dynamic-ports', text: 'every port that is not named is a free one' },
];

const logOptions: readonly OptionText[] = [
  {
    name: 'log',
    value: '<level>',
    choices: ['debug', 'information', 'warning', 'error'],
    text: 'what is printed: debug, information, warning, error (default information)',
  },
  { name: 'json', text: 'print one JSON object a line' },
];

export const commands: readonly CommandText[] = [
  {
    name: 'start',
    synopsis: 'crossover start [folder] [options]',
    summary: 'Runs the local cloud and the Functions app in the folder (default: this one, if it has a host.json).',
    takesFolder: true,
    options: [
      { name: 'no-app', text: 'brokers, storage and Event Grid only' },
      ...entityOptions,
      dataOption,
      { name: 'in-memory', text: 'nothing touches the disk' },
      ...portOptions,
      {
        name: 'ready-file',
        value: '<file>',
        text: 'written when all is ready, with every address; removed at the end',
      },
      {
        name: 'clock',
        value: '<kind>',
        choices: ['real', 'virtual'],
        text: 'virtual: time stands until it is stepped',
      },
      { name: 'no-auth', text: 'any key will do, or none (default: signatures are checked, as in Azure)' },
      { name: 'create-missing', text: 'a queue, topic or hub comes to be when a client first names it' },
      ...logOptions,
    ],
  },
  {
    name: 'settings',
    synopsis: 'crossover settings [folder] [options]',
    summary: 'Prints a local.settings.json for the running cloud, so that "func start" runs the same app on it.',
    takesFolder: true,
    options: [
      ...entityOptions,
      dataOption,
      {
        name: 'ready-file',
        value: '<file>',
        text: "the running cloud's ready file (default: the one in the data folder)",
      },
      ...portOptions.filter((option) => option.isPort),
    ],
  },
  {
    name: 'check',
    synopsis: 'crossover check [folder] [options]',
    summary: 'Says what would not work: a trigger on an undeclared entity, a missing setting, a port in use.',
    takesFolder: true,
    options: [...entityOptions, ...portOptions, { name: 'json', text: 'print JSON' }],
  },
  {
    name: 'help',
    synopsis: 'crossover help [command]',
    summary: 'Prints this, or what a command takes.',
    takesFolder: false,
    options: [],
  },
];

/** What a command takes; without a command, the commands. */
export function usage(command?: CommandText): string {
  if (!command) {
    const width = Math.max(...commands.map((each) => each.synopsis.length));
    return [
      'The local cloud: Azure Storage, Service Bus, Event Hubs, Event Grid and a Functions host on this machine.',
      '',
      ...commands.map((each) => `  ${each.synopsis.padEnd(width)}   ${each.summary}`),
      `  ${'crossover --version'.padEnd(width)}   Prints the version.`,
      '',
      '"crossover help <command>" lists the options of a command.',
    ].join('\n');
  }
  const left = (option: OptionText) => `--${option.name}${option.value ? ` ${option.value}` : ''}`;
  const width = Math.max(0, ...command.options.map((option) => left(option).length));
  const options = command.options.map((option) => `  ${left(option).padEnd(width)}   ${option.text}`);
  return [`Usage: ${command.synopsis}`, '', command.summary, ...(options.length > 0 ? ['', ...options] : [])].join(
    '\n',
  );
}
