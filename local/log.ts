export type LogLevel = 'debug' | 'information' | 'warning' | 'error';

/** Where a part of the local cloud says what it does; `source` is the part's name, such as `service-bus`. */
export type Log = (level: LogLevel, source: string, text: string) => void;
