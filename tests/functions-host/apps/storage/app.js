import { createRequire } from 'node:module';
import { app, input, output } from '@azure/functions';

const record = (name, value) => console.log(`RECORD ${name} ${JSON.stringify(value)}`);
const connection = 'ShopStorage';

app.storageQueue('take-job', {
  queueName: '%JOBS_QUEUE%',
  connection,
  return: output.storageBlob({ path: 'results/{queueTrigger}-{rand-guid}.txt', connection }),
  handler: (job, context) => {
    record('job', { job, metadata: context.triggerMetadata });
    return undefined;
  },
});

const toResults = output.storageQueue({ queueName: 'results', connection });
const archive = output.storageBlob({ path: 'archive/{id}/{datetime:yyyy}.json', connection });
const rows = output.table({ tableName: 'orders', partitionKey: 'all', connection });
const paper = input.storageBlob({ path: 'papers/{paper}.txt', connection });
const row = input.table({ tableName: 'orders', partitionKey: 'all', rowKey: '{id}', connection });

app.storageQueue('work', {
  queueName: 'work',
  connection,
  extraInputs: [paper, row],
  extraOutputs: [toResults, archive, rows],
  handler: (work, context) => {
    const bytes = context.extraInputs.get(paper);
    record('work', { id: work.id, paper: bytes?.toString() ?? null, row: context.extraInputs.get(row) ?? null });
    context.extraOutputs.set(toResults, [{ id: work.id, part: 1 }, 'plain text']);
    context.extraOutputs.set(archive, { archived: work.id });
    if (!context.extraInputs.get(row)) context.extraOutputs.set(rows, { RowKey: work.id, sheets: 12 });
  },
});

app.storageQueue('fail', {
  queueName: 'fail',
  connection,
  handler: (message, context) => {
    record('fail', { message, dequeueCount: context.triggerMetadata.dequeueCount });
    throw new Error('jammed');
  },
});
app.storageQueue('fail-poison', {
  queueName: 'fail-poison',
  connection,
  handler: (message) => record('poison', message),
});

app.storageQueue('crash-once', {
  queueName: 'crash-once',
  connection,
  handler: (_message, context) => {
    record('crash-once', context.triggerMetadata.dequeueCount);
    if (context.triggerMetadata.dequeueCount === 1) process.exit(9);
  },
});

app.storageBlob('receive-photo', {
  path: 'photos/{album}/{name}.jpg',
  connection,
  source: 'EventGrid',
  handler: (blob, context) => {
    const { album, name, blobTrigger, properties, metadata } = context.triggerMetadata;
    record('photo', {
      isBuffer: Buffer.isBuffer(blob),
      length: blob.length,
      album,
      name,
      blobTrigger,
      contentType: properties.contentType,
      metadata,
    });
    if (name === 'broken') throw new Error('no image');
  },
});
app.storageBlob('scan-plates', {
  path: 'plates',
  connection,
  handler: (blob, context) => record('plate', { text: blob.toString(), path: context.triggerMetadata.blobTrigger }),
});

// What `@azure/functions-extensions-blob` makes a client from; required, to be the copy that the library has.
const { ResourceFactoryResolver } = createRequire(import.meta.url)('@azure/functions-extensions-base');
ResourceFactoryResolver.getInstance().registerResourceFactory('AzureStorageBlobs', ({ content }) =>
  JSON.parse(content.toString()),
);
const sdkBinding = true;
const aPaper = input.storageBlob({ path: 'papers/{paper}.txt', connection, sdkBinding });
const allPapers = input.storageBlob({ path: 'papers', connection, sdkBinding });
app.http('refer', {
  route: 'refer/{paper}',
  extraInputs: [aPaper, allPapers],
  handler: (_request, context) => ({
    jsonBody: [aPaper, allPapers].map((each) => context.extraInputs.get(each)),
  }),
});
