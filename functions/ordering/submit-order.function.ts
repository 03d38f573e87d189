import { app } from '@azure/functions';
import { tracedRequest } from '../../shared/observability/tracing.ts';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { submitOrder } from './submit-order.ts';

app.http('submit-order', {
  methods: [topology.submitOrder.method],
  route: topology.submitOrder.route,
  authLevel: 'anonymous',
  handler: async (request, context) => {
    const { messaging, rows, now } = services();
    const idempotencyKey = request.headers.get('idempotency-key');
    const body = await request.json().catch(() => undefined);
    return tracedRequest('submit-order', context.traceContext?.traceParent, (traceparent) =>
      submitOrder({ idempotencyKey, body, traceparent }, { orders: rows(topology.orderTable), messaging, now }),
    );
  },
});
