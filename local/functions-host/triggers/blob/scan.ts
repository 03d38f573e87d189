import type { ContainerClient } from '@azure/storage-blob';
import { RealClock } from '../../../clock/index.ts';
import { parseBlobPath } from '../../engine/binding-expression.ts';
import { connectionName } from '../../settings.ts';
import { sleep, type Trigger, type TriggerContext } from '../trigger.ts';
import { enqueueBlobs } from './enqueue.ts';

/** The real host scans about every 10 s, and reads storage logs in between, which a local storage does not write. */
const scanIntervalMs = 2000;
const receiptsContainer = 'azure-webjobs-hosts';
const systemClock = new RealClock();

/**
 * The blob trigger without Event Grid (`LogsAndContainerScan`): looks through the container, and puts every blob whose ETag has
 * no receipt into the host's queue. Receipts are empty blobs named as the WebJobs SDK names them:
 * `blobreceipts/<host>/<function>/<etag>/<container>/<blob>`.
 */
export function startBlobScan(context: TriggerContext): Trigger {
  const { info, clients, log, hostId } = context;
  const pattern = parseBlobPath(context.option('path'));
  const connection = context.optionalOption('connection') ?? connectionName(undefined, 'storage');
  const receiptsPrefix = `blobreceipts/${hostId}/Host.Functions.${info.name}/`;
  const seen = new Set<string>();
  let isStopped = false;
  let wake = () => {};
  let lastProblem = '';
  const loop = run();

  async function run(): Promise<void> {
    let hasReceipts = false;
    while (!isStopped) {
      try {
        if (!hasReceipts) await readReceipts();
        hasReceipts = true;
        await scan();
        lastProblem = '';
      } catch (error) {
        const { statusCode, message } = error as { statusCode?: number; message: string };
        // A container that is not there yet has no blobs.
        if (statusCode !== 404 && message !== lastProblem)
          log.host('error', `Container ${pattern.container}: ${message}`);
        lastProblem = message;
      }
      if (isStopped) return;
      const pause = sleep(systemClock, scanIntervalMs);
      wake = pause.wake;
      await pause.done;
    }
  }

  async function receipts(): Promise<ContainerClient> {
    return (await clients.blobs('AzureWebJobsStorage')).getContainerClient(receiptsContainer);
  }

  async function readReceipts(): Promise<void> {
    const container = await receipts();
    await container.createIfNotExists();
    for await (const { name } of container.listBlobsFlat({ prefix: receiptsPrefix })) {
      seen.add(name.slice(receiptsPrefix.length));
    }
  }

  async function scan(): Promise<void> {
    const container = (await clients.blobs(connection)).getContainerClient(pattern.container);
    for await (const { name, properties } of container.listBlobsFlat({ prefix: pattern.prefix })) {
      if (isStopped) return;
      const etag = properties.etag ?? '';
      const receipt = `${etag.replaceAll('"', '')}/${pattern.container}/${name}`;
      if (seen.has(receipt) || !pattern.match(pattern.container, name)) continue;
      const blob = { BlobType: properties.blobType ?? 'BlockBlob', ContainerName: pattern.container, BlobName: name };
      await enqueueBlobs(context, [{ FunctionId: `Host.Functions.${info.name}`, ...blob, ETag: etag }]);
      await (await receipts()).getBlockBlobClient(receiptsPrefix + receipt).upload('', 0);
      seen.add(receipt);
    }
  }

  return {
    async stop() {
      isStopped = true;
      wake();
    },
    close: () => loop,
  };
}
