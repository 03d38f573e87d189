import { describe, expect, it } from 'vitest';
import { mailPhotoOutcome } from '../../../functions/event-routing/mail-photo-outcome.ts';
import type { Mail } from '../../../shared/mail.ts';
import { PhotoReady } from '../../../shared/messages/photo-ready.ts';
import { PhotoRejected } from '../../../shared/messages/photo-rejected.ts';
import { example } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { virtualOnce } from '../../support/app/virtual-once.ts';

describe('mail-photo-outcome', () => {
  it('given a photo that is ready and one that is rejected, then a mail says what became of each', async () => {
    const mails: Mail[] = [];
    const deps = { once: virtualOnce(memoryRows()), sendMail: async (mail: Mail) => void mails.push(mail) };
    await mailPhotoOutcome(example(PhotoReady, {}, 'ready-1'), deps);
    await mailPhotoOutcome(example(PhotoRejected, {}, 'rejected-1'), deps);
    expect(mails.map(({ subject }) => subject)).toEqual([
      'Photo ready: holiday/lake.jpg',
      'Photo rejected: holiday/lake.jpg',
    ]);
    expect(mails[0]?.text).toContain('holiday/lake.jpg/160.webp (160 x 120)');
    expect(mails[1]?.text).toBe(PhotoRejected.example.reason);
  });
});
