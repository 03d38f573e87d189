import { app } from '@azure/functions';
import { topology } from '../../shared/topology.ts';
import { services } from '../services.ts';
import { getOrder } from './get-order.ts';

app.http('get-order', {
  methods: [topology.getOrder.method],
  route: topology.getOrder.route,
  authLevel: 'anonymous',
  handler: (request) => getOrder(request.params.orderId ?? '', { orders: services().rows(topology.orderTable) }),
});
