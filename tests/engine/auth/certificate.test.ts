import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { developmentCertificate } from '../../../local/auth/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the development certificate', () => {
  it('is made once and found again', async () => {
    const first = await developmentCertificate({ folder: join(folder, 'tls') });
    expect(await developmentCertificate({ folder: join(folder, 'tls') })).toEqual(first);
    expect(first.certFile).toBe(join(folder, 'tls', 'localhost.pem'));
  });

  it('is made anew when its key is not the right one', async () => {
    const first = await developmentCertificate({ folder });
    const other = await developmentCertificate({ folder: null });
    await writeFile(join(folder, 'localhost-key.pem'), other.key);
    expect((await developmentCertificate({ folder })).cert).not.toBe(first.cert);
  });

  it('names localhost and the loopback addresses', async () => {
    const { cert, certFile } = await developmentCertificate({ folder: null });
    const parsed = new X509Certificate(cert);
    expect([parsed.checkHost('localhost'), parsed.checkIP('127.0.0.1'), parsed.checkIP('::1')]).toEqual([
      'localhost',
      '127.0.0.1',
      '::1',
    ]);
    expect(certFile).toBeUndefined();
  });

  it('serves a client that trusts it', async () => {
    const { key, cert } = await developmentCertificate({ folder: null });
    const server = createServer({ key, cert }, (_, response) => response.end('trusted'));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const text = await new Promise<string>((resolve, reject) => {
      get({ host: 'localhost', port, ca: cert, family: 4 }, async (response) => {
        let body = '';
        for await (const chunk of response) body += String(chunk);
        resolve(body);
      }).on('error', reject);
    });
    expect(text).toBe('trusted');
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
});
