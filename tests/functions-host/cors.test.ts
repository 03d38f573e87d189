import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningApp, runApp } from './support.ts';

describe('pages of other origins (Host.CORS of local.settings.json)', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await runApp('http-cjs', { cors: { origins: ['http://localhost:4200'], allowsCredentials: true } });
  });
  afterAll(() => app.close());

  const cors = ({ headers }: Response) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'));

  it('one that is named may call, with credentials', async () => {
    const response = await fetch(`${app.url}/api/echo`, { headers: { origin: 'http://localhost:4200' } });
    expect(response.status).toBe(201);
    expect(cors(response)).toEqual({
      'access-control-allow-origin': 'http://localhost:4200',
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
  });

  it('its browser asks before it sends, and is answered by the host', async () => {
    const headers = {
      origin: 'http://localhost:4200',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-type,x-key',
    };
    const response = await fetch(`${app.url}/api/echo`, { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(cors(response)).toMatchObject({
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'content-type,x-key',
    });
  });

  it('another gets the answer without a word that a browser would let it see it', async () => {
    const headers = { origin: 'http://elsewhere' };
    expect(cors(await fetch(`${app.url}/api/echo`, { headers }))).toEqual({});
    const asked = { ...headers, 'access-control-request-method': 'GET' };
    expect(cors(await fetch(`${app.url}/api/echo`, { method: 'OPTIONS', headers: asked }))).toEqual({});
  });
});
