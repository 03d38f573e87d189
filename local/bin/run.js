'use strict';

const { enableCompileCache } = require('node:module');

// Half a second less from the second start on.
enableCompileCache?.();

import('../dist/cli/main.js').then(
  ({ main }) => main(process.argv.slice(2)),
  (error) => {
    console.error(error);
    console.error('crossover is not installed completely. Install the package again.');
    process.exit(1);
  },
);
