import type { Log, LogLevel } from '../log.ts';
import type { WorkerLog } from './app-process.ts';
import type { LogFilter, LogLevelName } from './engine/log-filter.ts';
import type { InvocationOutcome } from './invoker.ts';

const source = 'functions';

/** What the host says, in the words of `func`, filtered by host.json's `logging.logLevel`. */
export class HostLog {
  private readonly log: Log;
  private readonly isWanted: LogFilter;

  constructor(log: Log, isWanted: LogFilter) {
    this.log = log;
    this.isWanted = isWanted;
  }

  host(level: LogLevel, text: string): void {
    const name = level === 'debug' ? 'Debug' : ((level[0]!.toUpperCase() + level.slice(1)) as LogLevelName);
    if (this.isWanted('Host.General', name)) this.log(level, source, text);
  }

  executing(functionName: string, invocationId: string, reason: string): void {
    if (!this.isWanted(`Function.${functionName}`, 'Information')) return;
    this.log('information', source, `Executing 'Functions.${functionName}' (Reason='${reason}', Id=${invocationId})`);
  }

  executed(functionName: string, invocationId: string, outcome: InvocationOutcome, durationMs: number): void {
    const hasSucceeded = outcome.kind === 'succeeded';
    if (!this.isWanted(`Function.${functionName}`, hasSucceeded ? 'Information' : 'Error')) return;
    const result = hasSucceeded ? 'Succeeded' : 'Failed';
    const line = `Executed 'Functions.${functionName}' (${result}, Id=${invocationId}, Duration=${Math.round(durationMs)}ms)`;
    if (outcome.kind === 'succeeded') this.log('information', source, line);
    else this.log('error', source, `${line}\n${outcome.kind === 'failed' ? outcome.error.stack : outcome.reason}`);
  }

  /** A line of the app (context.log) or of the library. */
  worker({ level, category, message, functionName, invocationId }: WorkerLog): void {
    const logCategory = functionName === undefined ? 'Host.Worker' : `Function.${functionName}`;
    const name = (level[0]!.toUpperCase() + level.slice(1)) as LogLevelName;
    if (!this.isWanted(category === 'user' && functionName ? `${logCategory}.User` : logCategory, name)) return;
    const about = functionName ? `[${functionName} ${invocationId?.slice(0, 8) ?? ''}] ` : '';
    this.log(toLogLevel(level), source, `${about}${message}`);
  }

  /** A line that the app printed without the library. */
  output(line: string, stream: 'stdout' | 'stderr'): void {
    if (this.isWanted('Host.Function.Console', 'Information')) {
      this.log(stream === 'stderr' ? 'error' : 'information', source, line);
    }
  }
}

function toLogLevel(level: WorkerLog['level']): LogLevel {
  switch (level) {
    case 'trace':
    case 'debug':
    case 'none':
      return 'debug';
    case 'critical':
      return 'error';
    default:
      return level;
  }
}
