import { expect, test } from 'vitest';
import { FakeClient } from '../support/fakeclient.js';

test('logs in, joins the lobby, says something and hears others', async () => {
  const client = new FakeClient();
  await client.login();
  const id = await client.core.say('#lobby', 'hello', 'text');
  await client.time.until(() => client.deliveries('hello').length > 0);
  client.server.say(1, 'bo', 'hi ana');
  await client.time.until(() => client.shown().length > 0);
  expect(client.shown()).toEqual(['hi ana']);
  expect(client.of('delivery')).toMatchObject([{ message: { id, seq: 1, delivery: 'ok', room: '#lobby' } }]);
  expect(client.of('link').map((event) => event.state)).toEqual([
    'dialling',
    'handshaking',
    'authenticating',
    'syncing',
    'live',
  ]);
});
