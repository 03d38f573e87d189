/** The thread of ./end-with-host.ts. */
import { workerData } from 'node:worker_threads';

const lookEveryMs = 500;
const { hostPid } = workerData as { hostPid: number };

function isHostGone(): boolean {
  // A child whose parent has ended belongs to another (POSIX); on Windows it keeps the number of the dead one.
  if (process.ppid !== hostPid) return true;
  try {
    process.kill(hostPid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

setInterval(() => {
  // `process.exit` would end this thread alone.
  if (isHostGone()) process.kill(process.pid, 'SIGKILL');
}, lookEveryMs);
