import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Frame, Interest } from '#natter/actors/inspect/frames.js';
import { type OpenInspector, openInspector } from '#natter/ui/inspector/inspector.js';

/** Frames as a test says; what watchers ask for is kept. */
class FakeSource {
  readonly listeners = new Set<(frame: Frame) => boolean>();
  readonly interests: Interest[] = [];

  watch(listener: (frame: Frame) => boolean) {
    this.listeners.add(listener);
    listener({ whole: true, at: '2026-01-01T00:00:00.000Z' });
    return {
      interest: (next: Interest) => void this.interests.push(next),
      close: () => void this.listeners.delete(listener),
    };
  }
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

let source: FakeSource;
let inspector: OpenInspector;
let port: number;
let token: string;

beforeEach(async () => {
  source = new FakeSource();
  inspector = await openInspector({
    port: 0,
    program: 'serve',
    source,
  });
  const url = new URL(inspector.url);
  port = Number(url.port);
  token = url.searchParams.get('token') ?? '';
});
afterEach(() => inspector.close());

function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, path, method, headers }, resolve);
    asked.once('error', reject);
    asked.end(body);
  });
}

async function text(answer: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of answer) all += String(chunk);
  return all;
}

async function status(path: string, asked?: Asked): Promise<number | undefined> {
  const answer = await ask(path, asked);
  answer.destroy();
  return answer.statusCode;
}

/** A stream of server-sent events, opened, and what it says as it comes. */
async function stream(): Promise<{ next(event: string): Promise<unknown>; close(): void }> {
  const answer = await ask(`/api/frames?token=${token}`);
  expect(answer.statusCode).toBe(200);
  let heard = '';
  answer.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  return {
    close: () => answer.destroy(),
    next: async (event) => {
      for (;;) {
        const found = new RegExp(`event: ${event}\ndata: (.*)\n\n`).exec(heard);
        if (found) {
          heard = heard.slice(found.index + found[0].length);
          return JSON.parse(found[1] ?? '');
        }
        await new Promise((resolve) => answer.once('data', resolve));
      }
    },
  };
}

describe('the link', () => {
  it('opens the page as often as it is asked', async () => {
    for (let i = 0; i < 3; i++) {
      const answer = await ask(`/?token=${token}`);
      expect(answer.statusCode).toBe(200);
      expect(await text(answer)).toContain('<title>natter inspector</title>');
    }
  });

  it('opens nothing without its token, or with another, on any path and by any method', async () => {
    const wrong = 'A'.repeat(token.length);
    for (const path of ['/', '/api/hello', '/api/frames', '/api/interest', '/api/chart', '/nothing'])
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
        for (const query of ['', '?token=', `?token=${wrong}`, `?token=${token}x`])
          expect(await status(path + query, { method }), `${method} ${path}${query}`).toBe(403);
    expect(await status(`/assets/${wrong}/main.js`)).toBe(403);
    expect(await status('/assets/main.js')).toBe(403);
  });

  it('opens the modules and styles that the page names, all of them behind the token too', async () => {
    const page = await text(await ask(`/?token=${token}`));
    const named = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(3);
    for (const path of named) expect(await status(path), path).toBe(200);
    const main = await text(await ask(`/assets/${token}/main.js`));
    for (const [, path = ''] of main.matchAll(/from '\.\/([^']+)'/g))
      expect(await status(`/assets/${token}/${path}`), path).toBe(200);
  });

  it('leads to no file besides', async () => {
    for (const path of [
      '../inspector.js',
      '..%2finspector.js',
      '%2e%2e/inspector.js',
      'tsconfig.json',
      '.',
      '',
    ])
      expect(await status(`/assets/${token}/${path}`), path).toBe(403);
    expect(await status(`/nothing?token=${token}`)).toBe(403);
  });
});

describe('a request', () => {
  it('must have come to this machine by its own name, whatever the token', async () => {
    const path = `/?token=${token}`;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`])
      expect(await status(path, { headers: { host } }), host).toBe(200);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`])
      expect(await status(path, { headers: { host } }), host).toBe(403);
  });

  it('must not come from another page', async () => {
    const path = `/api/hello?token=${token}`;
    expect(await status(path, { headers: { origin: `http://127.0.0.1:${port}` } })).toBe(200);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${port + 1}`])
      expect(await status(path, { headers: { origin } }), origin).toBe(403);
  });

  it('must use the method that the path has', async () => {
    expect(await status(`/?token=${token}`, { method: 'POST' })).toBe(405);
    expect(await status(`/api/interest?token=${token}`)).toBe(405);
    const answer = await ask(`/api/hello?token=${token}`, { method: 'DELETE' });
    answer.resume();
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('GET');
  });

  it('may have a body of 4 KiB, and JSON only', async () => {
    const post = (body: string) => status(`/api/interest?token=${token}`, { method: 'POST', body });
    expect(await post('x'.repeat(4_097))).toBe(413);
    expect(await post('{"stream":')).toBe(400);
    expect(await post('[]')).toBe(400);
    expect(await post(JSON.stringify({ stream: 'none', ring: true }))).toBe(400);
  });

  it('is cut off when its headers do not end', async () => {
    const socket = connect(port, '127.0.0.1');
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (data) => resolve(data.toString()));
      socket.write(`GET /?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'y'.repeat(10_000)}`);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
  });

  it('is answered with a policy that lets nothing in from elsewhere', async () => {
    for (const path of [`/?token=${token}`, '/']) {
      const { headers } = await ask(path).then((answer) => answer.resume());
      expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|http/);
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

describe('a stream', () => {
  it('says its name, then frames, and takes what its page wants to see', async () => {
    const { next, close } = await stream();
    const { stream: id } = (await next('hello')) as { stream: string };
    expect(await next('frame')).toMatchObject({ whole: true });
    const body = JSON.stringify({ stream: id, chosen: 'core-0 session/1', ring: false });
    expect(await status(`/api/interest?token=${token}`, { method: 'POST', body })).toBe(200);
    expect(source.interests).toEqual([{ chosen: 'core-0 session/1', ring: false }]);
    close();
  });

  it('ends its watching when its connection ends', async () => {
    const { next, close } = await stream();
    await next('frame');
    expect(source.listeners.size).toBe(1);
    close();
    await expect.poll(() => source.listeners.size).toBe(0);
  });

  it('takes no more frames while its reader stands still', async () => {
    const answer = await ask(`/api/frames?token=${token}`);
    answer.pause();
    const [listener] = source.listeners;
    const big: Frame = { whole: true, at: 'x'.repeat(1_000_000) };
    let taken = 0;
    while (listener?.(big) === true && taken < 100) taken++;
    expect(taken).toBeLessThan(20);
    answer.resume();
    await expect.poll(() => listener?.({ whole: false, at: '' })).toBe(true);
    answer.destroy();
  });

  it('is one of eight at most; the ninth page is told', async () => {
    const streams = await Promise.all(Array.from({ length: 8 }, stream));
    expect(await status(`/api/frames?token=${token}`)).toBe(503);
    expect(JSON.parse(await text(await ask(`/api/hello?token=${token}`)))).toMatchObject({ full: true });
    for (const { close } of streams) close();
    await expect.poll(() => status(`/api/frames?token=${token}`)).toBe(200);
  });

  it('ends with the server, which keeps nobody waiting', async () => {
    const { next } = await stream();
    await next('frame');
    await inspector.close();
    expect(source.listeners.size).toBe(0);
    await expect(ask('/')).rejects.toThrow('ECONNREFUSED');
  });
});

it('draws each machine once, and no other', async () => {
  const answer = await ask(`/api/chart?machine=session&token=${token}`);
  expect(answer.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
  expect(await text(answer)).toMatch(/^<svg/);
  expect(await status(`/api/chart?machine=constructor&token=${token}`)).toBe(404);
  expect(await status(`/api/chart?token=${token}`)).toBe(400);
});

it('says what a machine could take where it stands, and refuses what is no such question', async () => {
  const asked = (body: unknown) =>
    ask(`/api/enabled?token=${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const { edges } = JSON.parse(
    await text(await asked({ machine: 'session', active: ['session', 'session.anonymous'] })),
  ) as { readonly edges: readonly { readonly id: string }[] };
  const ids = edges.map(({ id }) => id);
  expect(ids).toContain('session.anonymous|AUTHENTICATE|0');
  expect(ids.filter((id) => id.startsWith('session.active'))).toEqual([]);
  expect((await asked({ machine: 'constructor', active: [] })).statusCode).toBe(404);
  for (const wrong of [{ machine: 'session' }, { machine: 'session', active: [1] }, [], null])
    expect((await asked(wrong)).statusCode, JSON.stringify(wrong)).toBe(400);
});

it('says clearly when its port is taken', async () => {
  const again = openInspector({ port, program: 'serve' });
  await expect(again).rejects.toMatchObject({ code: 'PORT_TAKEN', message: /choose another/ });
});
