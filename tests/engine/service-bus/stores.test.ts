import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../local/clock/index.ts';
import { openStore } from '../../../local/service-bus/store/index.ts';
import { storeSuite } from './store-suite.ts';

storeSuite(
  { name: 'in memory', survives: false, create: () => ({ open: () => openStore({ folder: null }), remove: () => {} }) },
  () => new VirtualClock(),
);

storeSuite(
  {
    name: 'journal',
    survives: true,
    create: () => {
      const folder = mkdtempSync(join(tmpdir(), 'crossover-store-'));
      return {
        open: () => openStore({ folder }),
        remove: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  },
  () => new VirtualClock(),
);
