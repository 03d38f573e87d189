import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/**
 * The certificate for AMQPS and HTTPS on one machine: self-signed, for `localhost` and the loopback addresses. Made once in a data
 * folder, so that it can be trusted once (docs/development-certificate.md), or in memory.
 */
export interface DevelopmentCertificate {
  /** PEM */
  readonly key: string;
  /** PEM */
  readonly cert: string;
  /** Where the certificate lies for clients to trust; `undefined` when it is in memory only. */
  readonly certFile: string | undefined;
}

const CERTIFICATE_FILE = 'localhost.pem';
const KEY_FILE = 'localhost-key.pem';
const DAY_MS = 86_400_000;
/** Apple's platforms refuse certificates that are valid for longer (support.apple.com/103769). */
const VALID_FOR_DAYS = 820;
const RENEWED_BEFORE_DAYS = 7;

const EXTENSIONS = [
  // It is its own authority, so it has to say that it is one.
  { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
  { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true, critical: true },
  { name: 'extKeyUsage', serverAuth: true },
  {
    name: 'subjectAltName',
    altNames: [
      { type: 2, value: 'localhost' },
      { type: 2, value: '*.localhost' },
      { type: 2, value: 'host.docker.internal' },
      { type: 7, ip: '127.0.0.1' },
      { type: 7, ip: '::1' },
    ],
  },
] as const;

/** Reads the certificate in `folder`, or makes one there if there is none or it is about to expire. `null`: in memory. */
export async function developmentCertificate(o: { readonly folder: string | null }): Promise<DevelopmentCertificate> {
  if (o.folder === null) return { ...(await makeCertificate()), certFile: undefined };
  const certFile = join(o.folder, CERTIFICATE_FILE);
  const keyFile = join(o.folder, KEY_FILE);
  const existing = await readPair(certFile, keyFile);
  if (existing) return { ...existing, certFile };
  const made = await makeCertificate();
  await mkdir(o.folder, { recursive: true });
  // The key first: a certificate without its key is made anew, so a crash in between does no harm.
  await writeWhole(keyFile, made.key, 0o600);
  await writeWhole(certFile, made.cert, 0o644);
  return { ...made, certFile };
}

async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const now = Date.now();
  const made = await generate(
    [
      { name: 'commonName', value: 'localhost' },
      { name: 'organizationName', value: 'Crossover development certificate' },
    ],
    {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
      notBeforeDate: new Date(now - DAY_MS),
      notAfterDate: new Date(now + VALID_FOR_DAYS * DAY_MS),
      extensions: EXTENSIONS.map((extension) => structuredClone(extension) as never),
    },
  );
  return { key: made.private, cert: made.cert };
}

async function readPair(certFile: string, keyFile: string): Promise<{ key: string; cert: string } | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    const parsed = new X509Certificate(cert);
    const lastsUntil = Date.parse(parsed.validTo) - RENEWED_BEFORE_DAYS * DAY_MS;
    return lastsUntil > Date.now() && parsed.checkPrivateKey(createPrivateKey(key)) ? { key, cert } : undefined;
  } catch {
    return undefined;
  }
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, file);
}
