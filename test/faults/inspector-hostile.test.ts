/**
 * The inspector's web server against whoever else is on this machine, or in this browser: byte by byte, over real
 * sockets, against the real program. The link is asked again after each attack: it answers 200 until the process ends.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Natter, serve, temporaryFolder } from '../support/natter.js';
import { ask, bytesOf, RawHttp, type RawReply } from '../support/raw-http.js';

const STREAM = '/api/frames';
const INTEREST = '/api/interest';
const NOBODY = JSON.stringify({ ring: false });

let folder: ReturnType<typeof temporaryFolder>;
let server: Natter;
let port = 0;
let token = '';

beforeAll(async () => {
  folder = temporaryFolder();
  ({ run: server } = await serve(folder.path, ['--inspect', '0']));
  const url = new URL(String((await server.first('inspector')).url));
  port = Number(url.port);
  token = url.searchParams.get('token') ?? '';
});

afterAll(async () => {
  server.kill();
  await server.exit;
  folder.remove();
});

const host = () => `Host: 127.0.0.1:${port}`;
const link = (path = '/') => `${path}${path.includes('?') ? '&' : '?'}token=${token}`;
const get = (target: string, ...headers: string[]) => ask(port, { target, headers: [host(), ...headers] });
const post = (target: string, body: string, ...headers: string[]) =>
  ask(port, {
    method: 'POST',
    target,
    headers: [host(), 'Content-Type: application/json', ...headers],
    body,
  });

/** Its resident memory, in MiB. */
function residentMiB(): number {
  const kiB = /VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
  return Number(kiB) / 1024;
}

async function isWell(): Promise<void> {
  expect((await get(link())).status).toBe(200);
}

/** A refusal tells nothing: neither the token, nor a path, nor a stack. */
function tellsNothing({ body }: RawReply): void {
  expect(body).not.toContain(token);
  expect(body).not.toMatch(/node_modules|\.js:\d|\bat .*\(|\/(?:home|root|work|usr|tmp)\//);
}

describe('the link', () => {
  it('answers 200 as often as it is asked', async () => {
    for (let time = 0; time < 5; time++) await isWell();
  });

  it('answers anything else with 403, on every path, whatever the method', async () => {
    const wrong = [
      '',
      '?',
      '?token=',
      `?token=${token.slice(0, -1)}`,
      `?token=${token}x`,
      `?token=${'x'.repeat(token.length)}`,
      `?token=${token}&token=x`,
      `?token=x&token=${token}`,
      `?TOKEN=${token}`,
      `?token[]=${token}`,
      `?t=${token}`,
      `?token=%00${token}`,
    ];
    const paths = ['/', '/index.html', '/page.js', '/page.css', STREAM, INTEREST, '/no/such/path'];
    for (const path of paths) {
      for (const query of wrong) {
        for (const method of ['GET', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'HEAD']) {
          const connection = await RawHttp.open(port);
          connection.send(bytesOf({ method, target: `${path}${query}`, headers: [host()] }));
          await connection.until('an answer', () => connection.received.includes('\r\n\r\n'));
          expect(connection.statuses(), `${method} ${path}${query}`).toEqual([403]);
          tellsNothing(connection.reply());
          await connection.close();
        }
      }
    }
  });

  it('takes the token from the query only, where no other site can have the browser put it', async () => {
    for (const header of [`Cookie: token=${token}`, `Authorization: Bearer ${token}`, `X-Token: ${token}`])
      expect((await get('/', header)).status, header).toBe(403);
  });

  it('does not end up in headers, and is not sent on to others', async () => {
    const { headers } = await get(link());
    expect([...headers.values()].join('\n')).not.toContain(token);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.has('set-cookie')).toBe(false);
  });
});

describe('what a browser is told', () => {
  it('is to load nothing but this page, nowhere else, in no frame, also when it is refused', async () => {
    for (const reply of [await get(link()), await get('/'), await get(link('/no/such/path'))]) {
      const policy = reply.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.replace("img-src 'self' data:", '')).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
      expect(reply.headers.get('referrer-policy')).toBe('no-referrer');
      expect(reply.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(reply.headers.has('x-powered-by')).toBe(false);
    }
  });
});

describe('another site in the same browser', () => {
  it('cannot rebind its name to loopback: only the loopback address is a Host', async () => {
    const strangers = [
      'Host: evil.example',
      `Host: evil.example:${port}`,
      `Host: 127.0.0.1.evil.example:${port}`,
      `Host: evil.example@127.0.0.1:${port}`,
      `Host: localhost.evil.example:${port}`,
      `Host: 127.0.0.1:${port}.evil.example`,
      'Host: 127.0.0.1',
      `Host: 127.0.0.1:${port === 65_535 ? 1 : port + 1}`,
      `Host: 0.0.0.0:${port}`,
      `Host: 127.1:${port}`,
      `Host: 127.0.0.2:${port}`,
      'Host:',
    ];
    for (const stranger of strangers) {
      const { status } = await ask(port, { target: link(), headers: [stranger] });
      expect([400, 403], stranger).toContain(status);
    }
    for (const good of ['127.0.0.1', 'localhost'])
      expect((await ask(port, { target: link(), headers: [`Host: ${good}:${port}`] })).status).toBe(200);
  });

  it('cannot leave the Host out, send two, or hide another one in the request line', async () => {
    const refused = [400, 403, 404];
    expect(refused).toContain((await ask(port, { target: link(), headers: [] })).status);
    const two = await ask(port, { target: link(), headers: [host(), 'Host: evil.example'] });
    expect(refused).toContain(two.status);
    const first = await ask(port, { target: link(), headers: ['Host: evil.example', host()] });
    expect(refused).toContain(first.status);
    const absolute = await get(`http://evil.example${link()}`);
    expect(refused).toContain(absolute.status);
    const old = await RawHttp.open(port);
    old.send(`GET ${link()} HTTP/1.0\r\n\r\n`);
    await old.until('an end', () => old.isClosed);
    expect(refused).toContain(old.reply().status);
  });

  it('cannot post, not even with the token', async () => {
    for (const origin of ['http://evil.example', `http://127.0.0.1:${port + 1}`, 'null'])
      expect((await post(link(INTEREST), NOBODY, `Origin: ${origin}`)).status, origin).toBe(403);
    const simple = await ask(port, {
      method: 'POST',
      target: link(INTEREST),
      headers: [host(), 'Content-Type: text/plain', 'Origin: http://evil.example'],
      body: NOBODY,
    });
    expect(simple.status).toBe(403);
  });

  it('gets no permission by asking for it first', async () => {
    const reply = await ask(port, {
      method: 'OPTIONS',
      target: link(INTEREST),
      headers: [host(), 'Origin: http://evil.example', 'Access-Control-Request-Method: POST'],
    });
    expect([403, 405]).toContain(reply.status);
    expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('opens no WebSocket, no tunnel and no other protocol', async () => {
    const upgrade = [
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    for (const headers of [
      [...upgrade, 'Upgrade: websocket'],
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'],
    ]) {
      const connection = await RawHttp.open(port);
      connection.send(bytesOf({ target: link(STREAM), headers: [host(), ...headers] }));
      await connection.until('an answer', () => connection.isClosed || connection.received !== '');
      expect(connection.statuses()).not.toContain(101);
      await connection.close();
    }
    const tunnel = await RawHttp.open(port);
    tunnel.send(`CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host()}\r\n\r\n`);
    await tunnel.until('an end', () => tunnel.isClosed);
    expect(tunnel.statuses()).not.toContain(200);
    await isWell();
  });
});

describe('a path', () => {
  it('leads to nothing outside of the page', async () => {
    const paths = [
      '/../package.json',
      '/..%2f..%2fpackage.json',
      '/%2e%2e/%2e%2e/package.json',
      '/..%5c..%5cpackage.json',
      '/page/../../../package.json',
      '/page/..%2f..%2f..%2fmain.js',
      '//127.0.0.1/package.json',
      '/page//etc/passwd',
      '/etc/passwd',
      '/page/%00.js',
      '/page.js%00',
      '/%zz',
      '/%',
      '/%c0%ae%c0%ae/package.json',
      '/.git/HEAD',
      '/__proto__',
      '/constructor',
      `/${'a/'.repeat(2000)}`,
    ];
    for (const path of paths) {
      const reply = await get(link(path));
      expect([400, 403, 404], path).toContain(reply.status);
      tellsNothing(reply);
    }
    await isWell();
  });

  it('is answered to GET only, and to POST where something is told', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) {
      const reply = await ask(port, { method, target: link(), headers: [host()] });
      expect(reply.status, method).toBe(405);
      expect(reply.body).not.toContain(token);
    }
    expect((await post(link(), NOBODY)).status).toBe(405);
    expect((await get(link(INTEREST))).status).toBe(405);
  });
});

describe('a request', () => {
  it('has a head of bounded size', async () => {
    const long = await get(link(), `X-Long: ${'x'.repeat(200_000)}`);
    expect([400, 403, 431]).toContain(long.status);
    const many = await get(link(), ...Array.from({ length: 20_000 }, (_, n) => `X-${n}: x`));
    expect([400, 403, 431]).toContain(many.status);
    const target = await get(`${link()}&more=${'x'.repeat(200_000)}`);
    expect([400, 403, 414, 431]).toContain(target.status);
    await isWell();
  });

  it('has a body of bounded size, announced or not', async () => {
    const before = residentMiB();
    expect(
      (await post(link(INTEREST), JSON.stringify({ ring: false, more: 'x'.repeat(100_000) }))).status,
    ).toBe(413);
    const announced = await RawHttp.open(port);
    announced.send(
      `POST ${link(INTEREST)} HTTP/1.1\r\n${host()}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n`,
    );
    await announced.until('an answer', () => announced.isClosed || announced.hasWholeReply());
    expect([0, 413]).toContain(announced.reply().status);
    await announced.close();
    const endless = await RawHttp.open(port);
    endless.send(
      `POST ${link(INTEREST)} HTTP/1.1\r\n${host()}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let sent = 0; sent < 1_600 && !endless.isClosed; sent++) await endless.send(chunk);
    await endless.until('an end', () => endless.isClosed);
    expect([0, 413]).toContain(endless.reply().status);
    expect(residentMiB() - before).toBeLessThan(64);
    await isWell();
  });

  it('says what it wants in JSON of the right shape, or nothing changes', async () => {
    const bodies = [
      '{',
      'null',
      '[]',
      '"ring"',
      '{}',
      '{"ring":1}',
      '{"ring":false,"chosen":7}',
      `{"ring":false,"chosen":"${'x'.repeat(2_000)}"}`,
      '{"__proto__":{"ring":true}}',
      '['.repeat(4_000),
      '\u0000',
    ];
    for (const body of bodies) {
      const reply = await post(link(INTEREST), body);
      expect(reply.status, body.slice(0, 60)).toBe(400);
      tellsNothing(reply);
    }
    await isWell();
  });

  it('cannot smuggle a second one in its body', async () => {
    const connection = await RawHttp.open(port);
    const inner = `GET ${link()} HTTP/1.1\r\n${host()}\r\n\r\n`;
    connection.send(
      `POST ${link(INTEREST)} HTTP/1.1\r\n${host()}\r\nContent-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    );
    await connection.until('an end', () => connection.isClosed);
    expect(connection.statuses()).toEqual([400]);
  });

  it('that is never finished is given up', async () => {
    const heads = await Promise.all(Array.from({ length: 50 }, () => RawHttp.open(port)));
    for (const head of heads) head.send(`GET ${link()} HTTP/1.1\r\n${host()}\r\nX-Slow: `);
    const body = await RawHttp.open(port);
    body.send(
      `POST ${link(INTEREST)} HTTP/1.1\r\n${host()}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`,
    );
    await isWell();
    // One byte now and then does not keep it.
    const drip = setInterval(() => {
      for (const head of heads) void head.send('x');
      void body.send(' ');
    }, 1_000);
    try {
      for (const each of [...heads, body]) await each.until('an end', () => each.isClosed, 15_000);
    } finally {
      clearInterval(drip);
    }
    await isWell();
  }, 60_000);
});

describe('a flood', () => {
  it('of requests in one packet is answered in order, or ended, and takes no memory', async () => {
    const before = residentMiB();
    const connection = await RawHttp.open(port);
    const one = bytesOf({ target: link('/no/such/path'), headers: [host()] });
    for (let burst = 0; burst < 10 && !connection.isClosed; burst++) await connection.send(one.repeat(1_000));
    await connection.until('answers', () => connection.isClosed || connection.statuses().length >= 100);
    expect(new Set(connection.statuses())).toEqual(new Set([403]));
    await connection.close();
    expect(residentMiB() - before).toBeLessThan(64);
    await isWell();
  });

  it('of callers without the link keeps out nobody who has it, silent or asking again and again', async () => {
    const refused = bytesOf({ target: '/', headers: [host()] });
    const ways: readonly ((stranger: RawHttp) => unknown)[] = [
      () => undefined,
      (stranger) => stranger.send(`GET / HTTP/1.1\r\n${host()}\r\nX-Slow: `),
      (stranger) => stranger.send(refused),
      (stranger) => stranger.send(refused.repeat(1_000)),
    ];
    for (const way of ways) {
      const strangers: RawHttp[] = [];
      for (let count = 0; count < 100; count++) strangers.push(await RawHttp.open(port));
      for (const stranger of strangers) way(stranger);
      const asked = performance.now();
      await isWell();
      // Well before Node itself gives up a request that never arrives.
      expect(performance.now() - asked).toBeLessThan(4_000);
      for (const stranger of strangers) await stranger.close();
    }
  });

  it('of wrong links needs a connection for each', async () => {
    const stranger = await RawHttp.open(port);
    stranger.send(bytesOf({ target: '/', headers: [host()] }).repeat(3));
    await stranger.until('an end', () => stranger.isClosed);
    expect(stranger.statuses()).toEqual([403]);
    expect(stranger.reply().headers.get('connection')).toBe('close');
  });

  it('of streams finds few places, which are free again when their readers go', async () => {
    const before = residentMiB();
    const streams = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const stream = await RawHttp.open(port);
        stream.send(bytesOf({ target: link(STREAM), headers: [host(), 'Accept: text/event-stream'] }));
        return stream;
      }),
    );
    for (const stream of streams)
      await stream.until('an answer', () => stream.isClosed || stream.statuses().length > 0);
    const open = streams.filter((stream) => stream.statuses()[0] === 200);
    expect(open.length).toBeGreaterThan(0);
    expect(open.length).toBeLessThanOrEqual(16);
    for (const stream of streams) await stream.close();
    expect(residentMiB() - before).toBeLessThan(128);
    await expect.poll(async () => streamOpens(), { timeout: 10_000 }).toBe(true);
    await isWell();
  });

  it('of streams on one connection finds one place', async () => {
    const connection = await RawHttp.open(port);
    connection.send(bytesOf({ target: link(STREAM), headers: [host()] }).repeat(20));
    await connection.until('a stream', () => connection.received.includes('event: frame'));
    expect(await streamOpens()).toBe(true);
    await connection.close();
    for (let count = 0; count < 20; count++) expect(await streamOpens()).toBe(true);
  });

  it('of bytes to a reader that does not read takes no memory', async () => {
    const before = residentMiB();
    const connection = await RawHttp.open(port);
    connection.pause();
    connection.send(bytesOf({ target: link(), headers: [host()] }).repeat(2_000));
    await expect.poll(() => residentMiB() - before, { interval: 200, timeout: 3_000 }).toBeLessThan(64);
    await connection.close();
    await isWell();
  });
});

async function streamOpens(): Promise<boolean> {
  const stream = await RawHttp.open(port);
  stream.send(bytesOf({ target: link(STREAM), headers: [host()] }));
  await stream.until('an answer', () => stream.isClosed || stream.statuses().length > 0);
  const [status] = stream.statuses();
  await stream.close();
  return status === 200;
}

it('listens on loopback only', async () => {
  const others = Object.values(networkInterfaces())
    .flat()
    .filter((each) => each !== undefined && each.family === 'IPv4' && !each.internal);
  for (const other of others)
    await expect(RawHttp.open(port, other?.address), other?.address).rejects.toThrow('ECONNREFUSED');
});

it('a port that is taken is an error that says what to do', async () => {
  const second = new Natter(['inspect', '--port', String(port)]);
  expect(await second.exit).toBe(1);
  expect(second.stderr.trim().split('\n').at(-1)).toMatch(/port/i);
});
