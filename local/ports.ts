/** Where each part listens; 0 is a free port. */
export interface Ports {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
  readonly serviceBus: number;
  readonly eventHubs: number;
  readonly management: number;
  readonly eventGrid: number;
  readonly functions: number;
  readonly smtp: number;
}

/** Azure's emulators' ports where they have one. Nobody writes down the mail server's: the app is told. */
export const DEFAULT_PORTS: Ports = {
  blob: 10000,
  queue: 10001,
  table: 10002,
  serviceBus: 5672,
  eventHubs: 5673,
  management: 5300,
  eventGrid: 6001,
  functions: 7071,
  smtp: 0,
};

export const DYNAMIC_PORTS: Ports = {
  blob: 0,
  queue: 0,
  table: 0,
  serviceBus: 0,
  eventHubs: 0,
  management: 0,
  eventGrid: 0,
  functions: 0,
  smtp: 0,
};
