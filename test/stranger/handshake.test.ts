/** The handshake of a client written from docs/PROTOCOL.md alone, against the responder of src/net without sockets. */
import { describe, expect, it } from 'vitest';
import { keyPair as netKeyPair, type PlainConnection, seeded, Wire } from '../net/support.js';
import { block, Initiator, initiation, Keys, keyPair, Reader } from './index.mjs';

const SERVER = { address: '192.0.2.1', port: 7777 };
const STRANGER = { address: '198.51.100.9', port: 1234 };
const EMPTY = Buffer.alloc(0);

function random(seed: number, length: number): Buffer {
  const out = Buffer.alloc(length);
  seeded(seed)(out);
  return out;
}

/** A server on a wire, asked one datagram at a time. */
function responder() {
  const wire = new Wire();
  const keys = netKeyPair(1);
  const node = wire.add(SERVER, { keys, listening: true });
  const ask = (datagram: Buffer): Buffer => {
    wire.log.length = 0;
    node.endpoint.receive(datagram, STRANGER, wire.now);
    node.endpoint.flush(wire.now);
    expect(wire.log.length).toBeLessThanOrEqual(1);
    return wire.log[0]?.datagram ?? EMPTY;
  };
  return { key: keys.publicKey, ask, opened: node.opened as PlainConnection[] };
}

/** Runs either pattern up to the first sealed packet. */
function connect(server: ReturnType<typeof responder>, pinned: Buffer | undefined) {
  const me = keyPair(random(2, 32));
  const id = random(4, 8);
  let noise = new Initiator(me, pinned);
  const first = (token: Buffer): Buffer => {
    noise = new Initiator(me, pinned);
    return initiation(pinned ? 2 : 1, id, token, noise.first(pinned ? token : EMPTY));
  };
  const retry = new Reader(server.ask(first(EMPTY)));
  expect(retry.take(10)).toEqual(Buffer.concat([Buffer.from([2, 1]), id]));
  const response = new Reader(server.ask(first(retry.block())));
  expect(response.take(10)).toEqual(Buffer.concat([Buffer.from([3, 1]), id]));
  const peer = response.take(8);
  const opened = noise.second(response.block());
  expect(opened.payload).toEqual(peer);
  expect(opened.server).toEqual(server.key);
  if (!pinned) {
    const finish = Buffer.concat([Buffer.from([4, 1]), peer, block(noise.third())]);
    expect(server.ask(finish)).toHaveLength(0);
  }
  const secrets = noise.split();
  return { me, peer, keys: new Keys(secrets), hash: secrets.hash };
}

describe('a handshake written from docs/PROTOCOL.md', () => {
  it.each([
    ['XX', false],
    ['IK', true],
  ])('runs %s with a RETRY, talks, and follows a rekey', (_, known) => {
    const server = responder();
    const { me, peer, keys, hash } = connect(server, known ? server.key : undefined);
    const say = (text: string) => keys.open(server.ask(keys.seal(peer, [Buffer.from(text)]).datagram));

    expect(say('good day')?.plaintext.toString()).toContain('welcome');
    const [connection] = server.opened;
    expect(connection?.remoteKey).toEqual(me.publicKey);
    expect(connection?.handshakeHash).toEqual(hash);

    keys.advance();
    expect(say('new keys.')?.plaintext.toString()).toContain('welcome');
    expect(keys.generation).toBe(1);
    expect(connection?.received).toEqual(['good day\0', 'new keys.']);
  });
});
