import { app } from '@azure/functions';
import { onQueue } from '../../shared/messaging/triggers/service-bus.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { processOrder } from './process-order.ts';

app.serviceBusQueue(
  'process-order',
  onQueue(topology.orders, (message, log) => {
    const { rows, now } = services();
    return processOrder(message, { orders: rows(topology.orderTable), now, log });
  }),
);
