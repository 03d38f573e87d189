import { retry } from '../../shared/reliability/retry.ts';
import { type Row, type Rows, type StoredRow, toKey } from '../../shared/storage/rows.ts';

export type PhotoJobStatus = 'queued' | 'ready' | 'rejected';

/** Where the job of a photo stands: a partition a photo, so that photos spread over the table's servers. */
export function photoJobKeys(photo: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: toKey(photo), rowKey: 'job' };
}

const policy = { attempts: 5, firstDelayMs: 20, maximumDelayMs: 200 };

/**
 * Writes the end of a job, if the row still is about this version of the photo: a photo that was uploaded again has a job of
 * its own, whose row must not be overwritten by the older one's end.
 */
export async function finishPhotoJob(
  jobs: Rows,
  photo: { readonly name: string; readonly eTag: string },
  end: { readonly status: PhotoJobStatus; readonly finishedAt: string; readonly [property: string]: string | number },
): Promise<void> {
  const keys = photoJobKeys(photo.name);
  const written = await retry(async () => {
    const row = await jobs.read(keys.partitionKey, keys.rowKey);
    const next: Row = { ...(row ? withoutEtag(row) : keys), photo: photo.name, eTag: photo.eTag, ...end };
    if (!row) return (await jobs.insert(next)).outcome === 'inserted' ? true : undefined;
    if (row.eTag !== photo.eTag) return true;
    return (await jobs.replace(next, row.etag)).outcome === 'replaced' ? true : undefined;
  }, policy);
  if (!written) throw new Error(`The job of ${photo.name} changed on every attempt to finish it.`);
}

function withoutEtag({ etag: _, ...row }: StoredRow): Row {
  return row as Row;
}
