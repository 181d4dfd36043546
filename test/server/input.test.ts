import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Operation } from '../../src/chat/operations.js';
import { FrameType } from '../../src/net/constants.js';
import { requestCodec } from '../../src/net/talk.js';
import { CloseCode } from '../../src/net/types.js';
import { TestServer } from '../support/chat-server.js';

it('closes a connection that breaks the protocol, and no other', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  const { connection } = ada;
  server.io.frame(ada.conn, FrameType.Post, Buffer.of(1, 2, 3));
  await server.settle();
  expect(connection?.closed?.code).toBe(CloseCode.Protocol);
  expect(ben.connection?.closed).toBeUndefined();
});

it('refuses an operation that it does not know, and a body that is none', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ask = (request: number, operation: number, body: Buffer) =>
    ada.send(FrameType.Request, requestCodec, { request, operation, body });
  ask(50, 99, Buffer.of(0xa0));
  ask(51, Operation.Join, Buffer.from('ff00ff', 'hex'));
  ask(52, Operation.Join, Buffer.of(0xa0));
  await server.settle();
  const codes = [50, 51, 52].map((request) => ada.refusals().get(request));
  expect(codes).toEqual(['UNKNOWN_OPERATION', 'PROTOCOL', 'PROTOCOL']);
});

it('lets nobody do anything before the login, posts included', async () => {
  const server = new TestServer();
  const client = await server.connect();
  expect(await client.refused(Operation.Join, { n: 'garden' })).toBe('NOT_LOGGED_IN');
  expect(await client.refused(Operation.PasswordStart, { r: 'x' })).toBe('NOT_LOGGED_IN');
  client.post(1, 1, 'hello');
  client.fetch(1, 0);
  await server.settle();
  expect(server.logs.entries.size).toBe(0);
  expect(client.entries()).toEqual([]);
});

it('slows down who asks too much, and tells so', async () => {
  const server = new TestServer({
    limits: { requestsPerS: 10, requestsBurst: 5, fetchesPerS: 1, fetchesBurst: 1 },
  });
  const ada = await server.register('ada');
  const codes: string[] = [];
  for (let i = 0; i < 4; i++) codes.push(await ada.refused(Operation.Rooms, { a: '' }));
  expect(codes).toEqual(['done', 'done', 'done', 'RATE_LIMITED']);
  ada.fetch(1, 0);
  const second = ada.fetch(1, 0);
  await server.settle();
  expect(ada.refusals().get(second)).toBe('RATE_LIMITED');
  await server.system.advance(1_000);
  expect(await ada.refused(Operation.Rooms, { a: '' })).toBe('done');
});

it('survives whatever bytes come in whatever frame', async () => {
  const frame = fc.record({
    type: fc.integer({ min: 0x10, max: 0x20 }),
    body: fc.uint8Array({ maxLength: 80 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 20 }), async (frames) => {
      const server = new TestServer();
      const [eve, ben] = [await server.register('eve'), await server.register('ben')];
      for (const { type, body } of frames) server.io.frame(eve.conn, type, body);
      await server.settle();
      expect(server.system.failures).toEqual([]);
      expect(server.errors).toEqual([]);
      ben.post(1, 1, 'all is well');
      await server.settle();
      expect(ben.pushed(1)).toEqual(['ben: all is well']);
    }),
    { numRuns: 60, seed: 3 },
  );
});
