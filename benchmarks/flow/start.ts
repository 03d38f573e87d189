import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { compare, runInPairs } from '../support/paired-runs.ts';
import { crossover, inFolder, startProgram } from '../support/program.ts';
import { type Row, toAbsoluteRow, toRow } from '../support/row.ts';
import { startShop } from './cloud.ts';

const azurite = createRequire(crossover).resolve('azurite/dist/src/azurite.js');

/** From the command to everything ready, the shop's functions included; against Azurite alone. Both begin with an empty data folder. */
export async function* measureStart(): AsyncGenerator<Row> {
  const pairs = await runInPairs(
    () => timeToReady((folder) => startShop(['--data', folder])),
    () => timeToReady(startAzurite),
  );
  const comparison = compare(pairs);
  yield toAbsoluteRow('start to everything ready', 'ms', comparison.ours.median, { atMost: 2_000 });
  yield toRow('start to everything ready: against Azurite alone', 'ms', comparison, { atMost: 1.2 });
}

/** Azurite says so once for each of its three services. */
function startAzurite(folder: string) {
  let listening = 0;
  return startProgram(
    [azurite, '--location', folder, '--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
    (line) => {
      if (line.includes('successfully listen')) listening += 1;
      return listening === 3 ? listening : undefined;
    },
  );
}

function timeToReady(start: (folder: string) => Promise<{ stop(): Promise<void> }>): Promise<number> {
  return inFolder(async (folder) => {
    const started = performance.now();
    const program = await start(folder);
    const took = performance.now() - started;
    await program.stop();
    return took;
  });
}
