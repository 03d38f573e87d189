import { describe, expect, it } from 'vitest';
import { mailAlert } from '../../../functions/event-routing/mail-alert.ts';
import type { Mail } from '../../../shared/mail.ts';
import { AlertRaised } from '../../../shared/messages/alert-raised.ts';
import { example } from '../../support/app/handling.ts';
import { memoryRows } from '../../support/app/memory-rows.ts';
import { virtualOnce } from '../../support/app/virtual-once.ts';

describe('mail-alert', () => {
  it('given an alert that is delivered twice, then one mail is sent, with the id of the event', async () => {
    const mails: Mail[] = [];
    const deps = { once: virtualOnce(memoryRows()), sendMail: async (mail: Mail) => void mails.push(mail) };
    await mailAlert(example(AlertRaised), deps);
    expect(await mailAlert(example(AlertRaised), deps)).toEqual({ outcome: 'done' });
    expect(mails).toEqual([
      { id: 'message-1', subject: '[high] press-3 runs hot', text: 'Three readings in a row above 90 °C.' },
    ]);
  });

  it('given a mail server that is away, when the alert is delivered again, then the mail is sent', async () => {
    const mails: Mail[] = [];
    let isAway = true;
    const sendMail = async (mail: Mail) => {
      if (isAway) throw new Error('mail server away');
      mails.push(mail);
    };
    const deps = { once: virtualOnce(memoryRows()), sendMail };
    await expect(mailAlert(example(AlertRaised), deps)).rejects.toThrow('mail server away');
    isAway = false;
    await mailAlert(example(AlertRaised), deps);
    expect(mails).toHaveLength(1);
  });
});
