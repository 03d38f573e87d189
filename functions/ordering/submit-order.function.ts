import { app } from '@azure/functions';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { submitOrder } from './submit-order.ts';

app.http('submit-order', {
  methods: [topology.submitOrder.method],
  route: topology.submitOrder.route,
  authLevel: 'anonymous',
  handler: async (request, context) => {
    const { messaging, rows, now } = services();
    return submitOrder(
      {
        idempotencyKey: request.headers.get('idempotency-key'),
        body: await request.json().catch(() => undefined),
        traceparent: context.traceContext?.traceParent,
      },
      { orders: rows(topology.orderTable), messaging, now },
    );
  },
});
