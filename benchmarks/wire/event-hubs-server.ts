/** Our Event Hubs as the benchmarks start them: hubs come as they are named; with a folder as argument in files, else in memory. */
import { startEventHubs } from '../../tests/support/event-hubs.ts';
import { serve } from '../support/server-process.ts';

const [dataFolder] = process.argv.slice(2);
await serve(() => startEventHubs({ hubs: [], createMissing: true, dataFolder: dataFolder ?? null }));
