import { app, output } from '@azure/functions';

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);
const seen = (order, by) => ({ ...order, by: [...order.by, by] });

const orders = output.serviceBusQueue({ queueName: 'orders', connection: 'Bus' });
app.http('submit', {
  methods: ['POST'],
  extraOutputs: [orders],
  handler: async (request, context) => {
    context.extraOutputs.set(orders, seen(await request.json(), 'http'));
    return { status: 202 };
  },
});
app.serviceBusQueue('take', {
  connection: 'Bus',
  queueName: 'orders',
  return: output.eventHub({ eventHubName: 'readings', connection: 'Hubs' }),
  handler: (order) => seen(order, 'serviceBus'),
});
app.eventHub('measure', {
  connection: 'Hubs',
  eventHubName: 'readings',
  return: output.eventGrid({ topicEndpointUri: 'TOPIC_URI', topicKeySetting: 'TOPIC_KEY' }),
  handler: (events) =>
    events.map((order) => ({
      specversion: '1.0',
      id: crypto.randomUUID(),
      source: '/press',
      type: 'Order.Measured',
      data: seen(order, 'eventHub'),
    })),
});
app.eventGrid('route', {
  return: output.storageQueue({ queueName: 'jobs', connection: 'Files' }),
  handler: (event) => seen(event.data, 'eventGrid'),
});
app.storageQueue('print', {
  queueName: 'jobs',
  connection: 'Files',
  return: output.storageBlob({ path: 'prints/{id}/{rand-guid}.json', connection: 'Files' }),
  handler: (order) => seen(order, 'queue'),
});
app.storageBlob('deliver', {
  path: 'prints/{order}/{name}.json',
  connection: 'Files',
  source: 'EventGrid',
  handler: (blob, context) =>
    record('delivered', { ...seen(JSON.parse(blob.toString()), 'blob'), path: context.triggerMetadata.order }),
});
app.timer('tick', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: () => record('tick', true) });
