import { expect, it } from 'vitest';
import { Operation } from '../../src/chat/operations.js';
import { TestServer } from '../support/chat-server.js';

const LOBBY = 1;

it('brings what one says in the lobby to the other, and tells the first that it is kept', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  const request = ada.post(LOBBY, 1, 'good morning');
  await server.settle();
  expect(ada.accepted()).toMatchObject([{ request, log: LOBBY, counter: 1, seq: 1 }]);
  expect(ben.pushed(LOBBY)).toEqual(['ada: good morning']);
  expect(ada.pushed(LOBBY)).toEqual(['ada: good morning']);
  expect(server.system.failures).toEqual([]);
});

it('makes a room by joining it, with both in it', async () => {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  const room = await ada.do(Operation.Join, { n: 'garden' });
  expect(room).toMatchObject({ l: 2, k: 1, n: 'garden', m: 1, h: 0 });
  expect(await ben.do(Operation.Join, { n: '#Garden' })).toMatchObject({ l: 2, m: 2 });
  ben.post(2, 1, 'tomatoes');
  await server.settle();
  expect(ada.pushed(2)).toEqual(['ben: tomatoes']);
});
