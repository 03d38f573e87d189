import type { Clients } from '../../clients.ts';

/** When a timer last ran and will next run: what makes it know, after a stop, that it is past due. */
export interface TimerStatus {
  readonly Last: string;
  readonly Next: string;
  readonly LastUpdated: string;
}

export interface StatusStore {
  read(): Promise<TimerStatus | undefined>;
  write(status: TimerStatus): Promise<void>;
}

const container = 'azure-webjobs-hosts';

/** In the place and form of the WebJobs SDK's StorageScheduleMonitor. */
export function blobStatusStore(clients: Clients, hostId: string, functionName: string): StatusStore {
  const blobName = `timers/${hostId}/Host.Functions.${functionName}/status`;
  const blob = async () =>
    (await clients.blobs('AzureWebJobsStorage')).getContainerClient(container).getBlockBlobClient(blobName);
  return {
    async read() {
      try {
        return JSON.parse((await (await blob()).downloadToBuffer()).toString('utf8')) as TimerStatus;
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 404) return undefined;
        throw error;
      }
    },
    async write(status) {
      const text = JSON.stringify(status);
      try {
        await (await blob()).upload(text, Buffer.byteLength(text));
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode !== 404) throw error;
        await (await clients.blobs('AzureWebJobsStorage')).getContainerClient(container).createIfNotExists();
        await (await blob()).upload(text, Buffer.byteLength(text));
      }
    },
  };
}
