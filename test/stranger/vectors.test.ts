/** The test vectors of docs/PROTOCOL.md, checked against natter and against the client written from that page. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { JoinBody } from '../../src/chat/schemas.js';
import { decodeBody, encodeBody } from '../../src/chat/wire.js';
import { Reader as NatterReader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { entryCodec, entryId as natterEntryId } from '../../src/net/entry.js';
import { fingerprint } from '../../src/net/fingerprint.js';
import { AckFrame, ChunkFrame, CloseFrame, SegmentFrame, WantFrame } from '../../src/net/frame.js';
import { Handshake } from '../../src/net/handshake.js';
import { Intervals } from '../../src/net/intervals.js';
import { SealedKeys } from '../../src/net/keys.js';
import { loginMac as natterLoginMac } from '../../src/net/login.js';
import { finish, initiation as natterInitiation, response } from '../../src/net/packet.js';
import * as talk from '../../src/net/talk.js';
import {
  block,
  entryId,
  Initiator,
  initiation,
  Keys,
  keyPair,
  loginMac,
  Reader,
  Received,
  readAck,
  readEntry,
  recordOf,
  varint,
} from './index.mjs';

const page = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8');
const lines = /```vectors\n([^`]*)```/.exec(page)?.[1]?.split('\n') ?? [];
const vectors = new Map(
  lines.filter((line) => line !== '').map((line) => [line.slice(0, line.lastIndexOf(': ')), line]),
);
const unchecked = new Set(vectors.keys());

/** What stands on the page under a name. */
function given(name: string): string {
  const line = vectors.get(name);
  if (line === undefined) throw new Error(`the page has no vector "${name}"`);
  unchecked.delete(name);
  return line.slice(line.lastIndexOf(': ') + 2);
}

function bytes(name: string): Buffer {
  return Buffer.from(given(name), 'hex');
}

const CLIENT = keyPair(Buffer.alloc(32, 0x11));
const SERVER = keyPair(Buffer.alloc(32, 0x22));
const EPHEMERAL = keyPair(Buffer.alloc(32, 0x33));
const CLIENT_ID = Buffer.alloc(8, 0xc1);
const SERVER_ID = Buffer.alloc(8, 0x5e);
const TOKEN = Buffer.alloc(30, 0x70);
const SESSION_KEY = Buffer.alloc(64, 0x99);
const ACCOUNT = Buffer.alloc(16, 0xaa);
const STREAM = Buffer.alloc(16, 0x57);
const LOG_ID = Buffer.alloc(16, 0x10);
const AT = 1_795_353_000_000;
const PING = Buffer.of(1);
const EMPTY = Buffer.alloc(0);

/** As natter holds a key pair. */
function natterPair({ publicKey, secret }: typeof CLIENT) {
  return { publicKey, secretKey: secret };
}

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer(2048);
  write(writer);
  return writer.copy();
}

/** An application frame as it stands in a packet. */
function frame<T>(type: number, codec: talk.Codec<T>, value: T): Buffer {
  const body = written((writer) => codec.encode(writer, value));
  return Buffer.concat([Buffer.of(type), block(body)]);
}

/** The fields of an application frame, as natter reads them. */
function read<T>(name: string, type: number, codec: talk.Codec<T>): T {
  const reader = new Reader(bytes(name));
  expect(reader.u8()).toBe(type);
  const body = reader.block();
  expect(reader.left).toBe(0);
  return codec.decode(new NatterReader().reset(body));
}

describe('the test vectors of the protocol page', () => {
  afterAll(() => {
    expect([...unchecked]).toEqual([]);
  });

  test('give the public keys and the fingerprint', () => {
    expect(bytes('client public key')).toEqual(CLIENT.publicKey);
    expect(bytes('server public key')).toEqual(SERVER.publicKey);
    expect(bytes('client ephemeral public key')).toEqual(EPHEMERAL.publicKey);
    expect(bytes('server ephemeral public key')).toEqual(keyPair(Buffer.alloc(32, 0x44)).publicKey);
    expect(given('server fingerprint')).toBe(fingerprint(SERVER.publicKey));
  });

  test.each(['XX', 'IK'] as const)('give a handshake with %s', (name) => {
    const ik = name === 'IK';
    const pattern = ik ? 2 : 1;
    const payload = ik ? TOKEN : EMPTY;
    const pinned = ik ? SERVER.publicKey : undefined;
    const stranger = new Initiator(CLIENT, pinned, EPHEMERAL);
    const dialling = Handshake.initiate(
      { keys: natterPair(CLIENT), random: (target) => target.fill(0x33) },
      pattern,
      pinned,
    );
    const answering = Handshake.respond(
      { keys: natterPair(SERVER), random: (target) => target.fill(0x44) },
      pattern,
    );

    const first = Buffer.alloc(1200);
    bytes(`${name} INITIATION without its zeros`).copy(first);
    expect(initiation(pattern, CLIENT_ID, TOKEN, stranger.first(payload))).toEqual(first);
    const message = dialling.write(payload);
    const sent = { pattern, senderId: CLIENT_ID, token: TOKEN, message } as const;
    expect(written((writer) => natterInitiation.encode(writer, sent))).toEqual(first);

    answering.read(message, payload);
    const answer = { receiverId: CLIENT_ID, senderId: SERVER_ID, message: answering.write(SERVER_ID) };
    expect(written((writer) => response.encode(writer, answer))).toEqual(bytes(`${name} RESPONSE`));
    expect(stranger.second(answer.message)).toEqual({ server: SERVER.publicKey, payload: SERVER_ID });
    dialling.read(answer.message, SERVER_ID);
    if (!ik) {
      const third = stranger.third();
      expect(dialling.write()).toEqual(third);
      answering.read(third);
      const last = written((writer) => finish.encode(writer, { receiverId: SERVER_ID, message: third }));
      expect(last).toEqual(bytes('XX FINISH'));
    }

    const { sending, receiving, hash } = stranger.split();
    expect(sending).toEqual(bytes(`${name} key of the initiator`));
    expect(receiving).toEqual(bytes(`${name} key of the responder`));
    expect(hash).toEqual(bytes(`${name} handshake hash`));
    const [dialled, answered] = [dialling.established(0), answering.established(0)];
    expect(dialled.handshakeHash).toEqual(hash);
    expect(answered.handshakeHash).toEqual(hash);
    // Each opens what the stranger seals, so each has the same keys.
    const theirs = new Keys({ sending, receiving });
    expect(answered.keys.open(theirs.seal(SERVER_ID, [PING]).datagram, 0)).toBe(9);
    const ours = new Keys({ sending: receiving, receiving: sending });
    expect(dialled.keys.open(ours.seal(CLIENT_ID, [PING]).datagram, 0)).toBe(9);
  });

  test('give sealed packets before and after a rekey', () => {
    const [sending, receiving] = [bytes('XX key of the initiator'), bytes('XX key of the responder')];
    const keys = new Keys({ sending, receiving });
    const before = keys.seal(SERVER_ID, [PING]).datagram;
    keys.advance();
    const after = keys.seal(SERVER_ID, [PING]).datagram;
    expect(before).toEqual(bytes('XX SEALED, number 0, PING'));
    expect(after).toEqual(bytes('XX SEALED, number 1, PING, after one rekey'));
    const responder = new SealedKeys(Buffer.from(receiving), Buffer.from(sending), 0);
    expect(responder.open(before, 0)).toBe(9);
    expect(responder.open(after, 0)).toBe(9);
    expect(responder.opened.subarray(0, 9)).toEqual(Buffer.concat([PING, Buffer.alloc(8)]));
  });

  test('give the MAC of a login', () => {
    const handshakeHash = bytes('XX handshake hash');
    const sessionKey = SESSION_KEY.subarray(0, 32);
    const mac = bytes('XX login MAC');
    expect(loginMac({ sessionKey, handshakeHash, device: CLIENT.publicKey })).toEqual(mac);
    expect(natterLoginMac(SESSION_KEY, handshakeHash, CLIENT.publicKey)).toEqual(mac);
  });

  test("give the connection's own frames", () => {
    const varints = bytes('varint 37, 15293, 494878333');
    expect(Buffer.concat([37, 15293, 494878333].map(varint))).toEqual(varints);
    expect(written((writer) => writer.varint(37).varint(15293).varint(494878333))).toEqual(varints);

    const numbers = [0, 1, 2, 5, 6, 9];
    const ack = bytes('ACK of 0-2, 5-6 and 9, delay 1 ms');
    const received = new Received();
    const intervals = new Intervals();
    for (const number of numbers) {
      received.add(number);
      intervals.add(number, number + 1);
    }
    expect(received.frame(1)).toEqual(ack);
    expect(readAck(new Reader(ack.subarray(1)))).toEqual([
      [9, 9],
      [5, 6],
      [0, 2],
    ]);
    const target = Buffer.alloc(64);
    expect(target.subarray(0, AckFrame.encode(target, 0, 64, intervals, 1))).toEqual(ack);
    expect(target.subarray(0, CloseFrame.encode(target, 0, 64, 0, Buffer.from('bye')))).toEqual(
      bytes('CLOSE, done, reason "bye"'),
    );
    const whole = Buffer.concat([Buffer.from('1241293132', 'hex'), Buffer.alloc(295)]);
    expect(target.subarray(0, SegmentFrame.encode(target, 0, 0, whole, 0, 5))).toEqual(
      bytes('SEGMENT of message 0 at offset 0, 5 of 300 bytes'),
    );
  });

  test('give the id and the bytes of an entry, and the frames that carry it', () => {
    const id = bytes('entry id');
    expect(entryId({ account: ACCOUNT, stream: STREAM, log: LOG_ID, counter: 1 })).toBe(id.toString('hex'));
    expect(natterEntryId(ACCOUNT, STREAM, LOG_ID, 1)).toEqual(id);
    const entry = { kind: 1, at: AT, id, author: 'ana', body: Buffer.from('hello') };
    const encoded = bytes(`entry of "hello" by ana at ${AT}`);
    expect(written((writer) => entryCodec.encode(writer, entry))).toEqual(encoded);
    expect(readEntry(encoded)).toEqual({
      kind: 1,
      at: AT,
      id: id.toString('hex'),
      author: 'ana',
      text: 'hello',
    });

    const post = { request: 4, stream: STREAM, log: 2, counter: 1, kind: 1, body: Buffer.from('hello') };
    expect(read('POST 4 of "hello" in log 2, counter 1', FrameType.Post, talk.postCodec)).toEqual(post);
    expect(frame(FrameType.Push, talk.pushCodec, { log: 2, seq: 1, entry: encoded })).toEqual(
      bytes('PUSH of it as seq 1 of log 2'),
    );
    const accepted = { request: 4, log: 2, counter: 1, seq: 1, at: AT };
    expect(frame(FrameType.Accepted, talk.acceptedCodec, accepted)).toEqual(bytes('ACCEPTED of POST 4'));
  });

  test('give what is wanted of a file, and a piece of it', () => {
    const record = bytes('record of a chunk of "hello"');
    expect(recordOf(Buffer.from('hello'), 0)).toEqual(record);
    const want = bytes('WANT of chunks 3 to 5 of file 7');
    const body = written((writer) => WantFrame.encode(writer, 7, 3, 3));
    expect(Buffer.concat([Buffer.of(FrameType.Want), block(body)])).toEqual(want);
    const piece = bytes('CHUNK 0 of file 7, the bytes of that record behind its hash');
    const target = Buffer.alloc(64);
    expect(target.subarray(0, ChunkFrame.encode(target, 0, 7, 0, record, 32, 5))).toEqual(piece);
  });

  test('give a request, a refusal and a sign of typing', () => {
    const name = 'REQUEST 3, Join of room tea';
    const request = read(name, FrameType.Request, talk.requestCodec);
    expect(request).toMatchObject({ request: 3, operation: 20 });
    expect(decodeBody(JoinBody, request.body)).toEqual({ n: 'tea' });
    const refusal = encodeBody({ c: 'NAME_EMPTY', m: 'Type a name.' });
    expect(frame(FrameType.Reply, talk.replyCodec, { request: 3, status: 1, body: refusal })).toEqual(
      bytes('REPLY 3, refused with NAME_EMPTY'),
    );
    const typing = 'EPHEMERAL, ana types in log 2, as a client sends it';
    expect(read(typing, FrameType.Ephemeral, talk.ephemeralCodec)).toEqual({
      log: 2,
      kind: 2,
      subject: '',
      version: 0,
      value: Buffer.of(1),
    });
  });
});
