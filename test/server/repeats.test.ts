/** Logins whose messages come again, late, or to a session that does not remember them: none makes a password wrong. */
import sodium from 'sodium-native';
import { describe, expect, it } from 'vitest';
import { ASK_MS } from '../../src/actors/asking.js';
import { Kind } from '../../src/actors/runtime/actor.js';
import { NatterError } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import { cheapOpaque, type TestClient, TestServer } from '../support/chat-server.js';
import { MemoryLogs } from '../support/memory-logs.js';

const PASSWORD = 'password of ada';

/** OPAQUE played as strictly as the real one: a proof fits only the state of the very LoginStart it answers. */
class StrictOpaque {
  starts = 0;
  /** Awaited by each step, in order; none: at once. */
  readonly startGates: Promise<void>[] = [];
  readonly finishGates: Promise<void>[] = [];
  readonly tasks: typeof cheapOpaque = {
    serverRegistration: cheapOpaque.serverRegistration,
    serverLoginStart: async ({ record }) => {
      const number = ++this.starts;
      await this.startGates.shift();
      return { state: `${record} ${number}`, response: `${number}` };
    },
    serverLoginFinish: async ({ state, finish }) => {
      await this.finishGates.shift();
      return state === finish ? keyOf(finish).toString('base64url') : null;
    },
  };
}

function keyOf(finish: string): Buffer {
  return Buffer.alloc(64, finish);
}

/** A promise and what ends it. */
function gate(): { promise: Promise<void>; open: () => void; break: (error: Error) => void } {
  let open = (): void => {};
  let fail = (_: Error): void => {};
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => {});
  return { promise, open, break: fail };
}

const START = { n: 'ada', r: 'blinded' };
const FIRST = 101;
const SECOND = 102;

function start(client: TestClient): void {
  client.ask(Operation.LoginStart, START, FIRST);
}

/** The proof for a response, as the client makes it: bound to its own connection. */
function finish(client: TestClient, response: unknown, hash = client.connection?.hash): void {
  const proof = `${PASSWORD} ${String(response)}`;
  const m = Buffer.alloc(32);
  const bound = Buffer.concat([Buffer.from('natter login'), hash ?? Buffer.alloc(64), client.key]);
  sodium.crypto_generichash(m, bound, keyOf(proof).subarray(0, 32));
  client.ask(Operation.LoginFinish, { n: 'ada', r: proof, m, d: false, l: '' }, SECOND);
}

async function stage(logs = new MemoryLogs()) {
  const opaque = new StrictOpaque();
  const server = new TestServer({ tasks: opaque.tasks, logs });
  const ada = await server.register('ada');
  server.io.close(ada.conn);
  const client = await server.connect(Buffer.alloc(32, 0xad));
  await server.settle();
  return { opaque, server, client };
}

/** Answers to LoginStart, and whether LoginFinish logged in. */
function responses(client: TestClient): unknown {
  return client.reply(FIRST)?.body.r;
}

describe('a correct password stays one when', () => {
  it('LoginStart comes again while the first is being computed', async () => {
    const { opaque, server, client } = await stage();
    const slow = gate();
    opaque.startGates.push(slow.promise);
    start(client);
    await server.system.advance(500);
    start(client);
    await server.settle();
    slow.open();
    await server.settle();
    finish(client, responses(client));
    await server.settle();
    expect(client.reply(SECOND)).toMatchObject({ done: true });
    expect(opaque.starts).toBe(1);
  });

  it('LoginStart is answered only after the session gave up asking, and was repeated', async () => {
    const { opaque, server, client } = await stage();
    const slow = gate();
    opaque.startGates.push(slow.promise);
    start(client);
    await server.system.advance(ASK_MS + 1);
    start(client);
    await server.settle();
    slow.open();
    await server.settle();
    finish(client, responses(client));
    await server.settle();
    expect(client.reply(SECOND)).toMatchObject({ done: true });
    expect(opaque.starts).toBe(1);
  });

  it('the session forgets what it answered, and LoginStart comes again while the client works with the answer', async () => {
    const { server, opaque, ...first } = await stage();
    // On a thread of its own, which can die without the registry.
    let { client } = first;
    const isApart = () => server.system.system('core-1').cells.find(Kind.Session, client.conn) !== undefined;
    while (!isApart()) {
      client = await server.connect(client.key);
      await server.settle();
    }
    start(client);
    await server.settle();
    const response = responses(client);
    server.system.kill('core-1');
    server.system.respawn('core-1');
    await server.settle();
    start(client);
    await server.settle();
    finish(client, response);
    await server.settle();
    expect(client.reply(SECOND)).toMatchObject({ done: true });
    expect(opaque.starts).toBe(1);
  });

  it('LoginFinish is verified only after the session gave up asking, and was repeated', async () => {
    const { opaque, server, client } = await stage();
    start(client);
    await server.settle();
    const slow = gate();
    opaque.finishGates.push(slow.promise);
    finish(client, responses(client));
    await server.system.advance(ASK_MS + 1);
    slow.open();
    await server.settle();
    finish(client, responses(client));
    await server.settle();
    expect(client.reply(SECOND)).toMatchObject({ done: true });
  });

  it('a slow disk keeps the answer to LoginFinish back until nobody waits for it, and it was repeated', async () => {
    const slow = gate();
    const logs = new (class extends MemoryLogs {
      isSlow = false;
      override async journal(records: readonly Uint8Array[]): Promise<number> {
        if (this.isSlow) await slow.promise;
        return super.journal(records);
      }
    })();
    const { server, client } = await stage(logs);
    start(client);
    await server.settle();
    logs.isSlow = true;
    finish(client, responses(client));
    await server.system.advance(ASK_MS + 1);
    logs.isSlow = false;
    slow.open();
    await server.settle();
    finish(client, responses(client));
    await server.settle();
    expect(client.reply(SECOND)).toMatchObject({ done: true });
  });

  it('the client dials again in the middle and begins anew over the new connection', async () => {
    const { server, client } = await stage();
    start(client);
    await server.settle();
    const again = await server.connect(client.key);
    start(again);
    await server.settle();
    finish(again, responses(again));
    await server.settle();
    expect(again.reply(SECOND)).toMatchObject({ done: true });
    // What belongs to the old connection does not fit the new one, and the other way round.
    finish(client, responses(client), again.connection?.hash);
    await server.settle();
    expect(client.reply(SECOND)?.body.c).toBe('WRONG_PASSWORD');
  });

  it.each([
    ['is full', new NatterError('BUSY', 'Too many people are logging in at once.'), 'BUSY'],
    ['lost a thread', new Error('Terminating worker thread'), 'INTERNAL'],
  ])('the pool that verifies it %s: the refusal says so', async (_, error, code) => {
    const { opaque, server, client } = await stage();
    start(client);
    await server.settle();
    const broken = gate();
    opaque.finishGates.push(broken.promise);
    finish(client, responses(client));
    broken.break(error);
    await server.settle();
    expect(client.reply(SECOND)?.body.c).toBe(code);
  });
});

it('a full pool refuses the first message of a login or a registration as BUSY, not as malformed', async () => {
  const busy = async (): Promise<never> => {
    throw new NatterError('BUSY', 'Too many people are logging in at once; try again in a few seconds.');
  };
  const server = new TestServer({
    tasks: { ...cheapOpaque, serverLoginStart: busy, serverRegistration: busy },
  });
  const client = await server.connect();
  expect(await client.refused(Operation.LoginStart, START)).toBe('BUSY');
  expect(await client.refused(Operation.RegisterStart, START)).toBe('BUSY');
});

it('a login that is repeated after its end gives the attempt back once, and not after the password changed', async () => {
  const { server, client } = await stage();
  start(client);
  await server.settle();
  finish(client, responses(client));
  await server.settle();
  await client.do(Operation.PasswordStart, { r: 'request' });
  await client.do(Operation.PasswordFinish, { r: 'another password', o: false });
  await client.do(Operation.Logout, {});
  // A session that does not remember its answers: a number it has not seen.
  const proof = `${PASSWORD} ${String(responses(client))}`;
  const late = { n: 'ada', r: proof, m: Buffer.alloc(32), d: false, l: '' };
  expect(await client.refused(Operation.LoginFinish, late)).toBe('WRONG_PASSWORD');
});
