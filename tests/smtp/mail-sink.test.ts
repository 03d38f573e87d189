import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { afterEach, expect, test } from 'vitest';
import { type MailSink, startMailSink } from '../../local/smtp/index.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(dataFolder: string | null = null): Promise<MailSink> {
  const sink = await startMailSink({ port: 0, dataFolder, log: () => undefined });
  closers.push(() => sink.close());
  return sink;
}

test('a mail that the app sends is caught, decoded and listed', async () => {
  const sink = await start();
  const transport = nodemailer.createTransport({ host: sink.host, port: sink.port, secure: false });
  await transport.sendMail({
    from: 'Shop <shop@example.com>',
    to: ['a@example.com', 'b@example.com'],
    subject: 'Grüße aus der Druckerei',
    text: 'Ihr Foto ist fertig: schön!\nBis bald',
    html: '<p>Ihr Foto ist fertig</p>',
  });

  expect(sink.mails).toHaveLength(1);
  expect(sink.mails[0]).toMatchObject({
    from: 'shop@example.com',
    to: ['a@example.com', 'b@example.com'],
    subject: 'Grüße aus der Druckerei',
    text: 'Ihr Foto ist fertig: schön!\nBis bald',
  });
});

test('whatever user and password an app has, it gets in', async () => {
  const sink = await start();
  const auth = { user: 'apikey', pass: 'secret' };
  const transport = nodemailer.createTransport({ host: sink.host, port: sink.port, secure: false, auth });
  await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 's', text: 't' });

  expect(sink.mails.map((mail) => mail.text)).toEqual(['t']);
});

test('mails are kept as files in the data folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-mail-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const sink = await start(folder);
  const transport = nodemailer.createTransport({ host: sink.host, port: sink.port, secure: false });
  await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 'kept', text: 't' });

  const [file] = await readdir(join(folder, 'mail'));
  expect(await readFile(join(folder, 'mail', file!), 'utf8')).toContain('Subject: kept');
});

test('a pooled connection of the app does not keep it from closing', async () => {
  const sink = await startMailSink({ port: 0, dataFolder: null, log: () => undefined });
  const transport = nodemailer.createTransport({ host: sink.host, port: sink.port, secure: false, pool: true });
  await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 's', text: 't' });

  await sink.close();
  transport.close();
});
