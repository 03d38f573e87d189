import type { HostLog } from '../../host-log.ts';
import { problemText } from '../problem-text.ts';

/** Says a lasting problem once: the SDK reports it at every attempt to reconnect. */
export function problemReporter(options: {
  entity: string;
  functionName: string;
  log: HostLog;
}): (error: Error) => void {
  let last = '';
  return (error) => {
    const text = `Service Bus entity ${options.entity} (function ${options.functionName}): ${problemText(error)}`;
    if (text !== last) options.log.host('error', text);
    last = text;
  };
}

const pauseMs = 1000;

/** Between attempts after an error; an abort ends it. */
export function pauseAfterError(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
