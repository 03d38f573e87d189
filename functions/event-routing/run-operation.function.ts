import { app } from '@azure/functions';
import { onQueue } from '../../shared/messaging/triggers/service-bus.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { runOperation } from './run-operation.ts';

app.serviceBusQueue(
  'run-operation',
  onQueue(topology.operationsCommands, (message, log) => {
    const { rows, now } = services();
    return runOperation(message, { operations: rows(topology.operationTable), now, log });
  }),
);
