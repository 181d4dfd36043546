import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import { run as bench } from '../../src/ui/commands/bench.js';
import { run as forget } from '../../src/ui/commands/forget.js';
import { run as serve } from '../../src/ui/commands/serve.js';
import { commands } from '../../src/ui/commands/table.js';
import { LineReader } from '../../src/ui/lines.js';
import { type ServerOptions, startHere } from '../../src/ui/server.js';
import { FakeConsole } from '../support/fake-console.js';
import { unseen } from '../support/unseen.js';

describe('lines', () => {
  test('are read only as they are wanted', async () => {
    const stream = new PassThrough();
    const reader = new LineReader(stream);
    stream.write('one\ntwo\n');
    expect(await reader.next()).toBe('one');
    expect(await reader.next()).toBe('two');
    stream.write('three\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.readableLength).toBe(6);
    stream.end();
    expect(await reader.next()).toBe('three');
    expect(await reader.next()).toBeUndefined();
    expect(await reader.next()).toBeUndefined();
  });

  test('an input that ended before anybody read', async () => {
    const stream = new PassThrough();
    stream.end('last');
    const lines: string[] = [];
    for await (const line of new LineReader(stream)) lines.push(line);
    expect(lines).toEqual(['last']);
  });

  test('without end are refused instead of held', async () => {
    const stream = new PassThrough();
    const reader = new LineReader(stream);
    stream.write('x'.repeat(2 << 20));
    await expect(reader.next()).rejects.toMatchObject({ code: 'TEXT_TOO_LONG' });
  });

  test('an input that breaks is told', async () => {
    const stream = new PassThrough();
    const reader = new LineReader(stream);
    stream.destroy(new Error('EIO'));
    await expect(reader.next()).rejects.toThrow('EIO');
  });
});

describe('serve', () => {
  const never = new Promise<Error>(() => undefined);
  const running = (port: number, stops: number[], failed = never) => ({
    host: '127.0.0.1',
    port,
    key: 'aa:bb',
    metricsAt: undefined,
    inspectable: unseen,
    failed,
    stop: async (deadlineMs: number) => {
      stops.push(deadlineMs);
    },
  });

  test('prints where it listens, and stops cleanly on a signal', async () => {
    const console = new FakeConsole();
    const started: ServerOptions[] = [];
    const stops: number[] = [];
    const serving = serve(
      { listen: { host: '127.0.0.1', port: 0 }, json: true },
      [],
      console,
      async (options) => {
        started.push(options);
        return running(5555, stops);
      },
    );
    await console.until('listening');
    expect(console.json).toEqual([
      { event: 'listening', host: '127.0.0.1', port: 5555, pid: process.pid, key: 'aa:bb' },
    ]);
    expect(started).toEqual([{ listen: { host: '127.0.0.1', port: 0 }, log: 'json' }]);
    console.stop.abort();
    expect(await serving).toBe(0);
    expect(stops).toHaveLength(1);
  });

  test('ends with a sentence when the server is beyond help', async () => {
    const stops: number[] = [];
    const dying = serve({}, [], new FakeConsole(), async () =>
      running(1, stops, Promise.resolve(new Error('store'))),
    );
    await expect(dying).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('store'),
    });
    expect(stops).toHaveLength(1);
  });

  test('to try it out takes another port when the usual one is taken', async () => {
    const ports: number[] = [];
    const { server } = await startHere(undefined, async ({ listen }) => {
      ports.push(listen.port);
      if (listen.port === 7777) throw new NatterError('PORT_TAKEN', 'Port 7777 is taken.');
      return running(6000, []);
    });
    expect(ports).toEqual([7777, 0]);
    expect(server).toBe('127.0.0.1:6000');
  });

  test('to try it out goes where it was the last time, since the device is remembered there', async () => {
    const ports: number[] = [];
    const start = async ({ listen }: ServerOptions) => {
      ports.push(listen.port);
      return running(listen.port, []);
    };
    const { server } = await startHere(undefined, start, '127.0.0.1:6000');
    expect(ports).toEqual([6000]);
    expect(server).toBe('127.0.0.1:6000');
  });

  test('to try it out joins the one that runs in this folder already', async () => {
    const { server, stop } = await startHere('d', async () => {
      throw new NatterError('DATA_LOCKED', 'Process 7 uses it.');
    });
    await stop();
    expect(server).toBe('127.0.0.1:7777');
  });
});

test('the help of bench names every bench there is', async () => {
  const refusal = await bench({}, ['xyzzyplugh'], new FakeConsole()).catch((error: Error) => error.message);
  const [, names = ''] = /there is (.+)\.$/.exec(String(refusal)) ?? [];
  expect(names.split(', ').length).toBeGreaterThan(1);
  const row = commands.find(({ name }) => name === 'bench');
  for (const name of names.split(', ')) expect(row?.argsHelp).toMatch(new RegExp(`\\b${name}\\b`));
});

test('a bench that does not exist is a wrong argument', async () => {
  await expect(bench({}, ['fanuot'], new FakeConsole())).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
    message: expect.stringContaining('fanout'),
  });
});

test('forgetting a server that is not known is told', async () => {
  const { mkdtempSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const data = mkdtempSync(`${tmpdir()}/natter-`);
  await expect(forget({ data }, ['h:1'], new FakeConsole())).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});
