/**
 * A natter client written from docs/PROTOCOL.md alone. It imports nothing from src/: when it stops working,
 * either the page or the server has changed.
 */

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import * as opaque from '@serenity-kit/opaque';
import { decode, encode } from 'cbor-x';
import { block, Reader, u64, varint } from './bytes.mjs';
import { Connection } from './connection.mjs';
import { blake2b } from './noise.mjs';

const FRAME = {
  post: 0x10,
  accepted: 0x11,
  push: 0x12,
  fetch: 0x13,
  entries: 0x14,
  head: 0x15,
  ephemeral: 0x16,
  request: 0x17,
  reply: 0x18,
  event: 0x19,
};

const OPERATION = {
  registerStart: 1,
  registerFinish: 2,
  loginStart: 3,
  loginFinish: 4,
  loginDevice: 5,
  devices: 9,
  join: 20,
  leave: 21,
  direct: 22,
  rooms: 23,
  topic: 24,
  who: 25,
  cursor: 26,
};

const TYPING = 2;
/** Kind of an entry. */
const FILE = 4;
const FETCH_ENTRIES = 256;
const GIVE_UP_MS = 20_000;

/** An entry of a log, its body as text; of kind 4 as the file it offers. */
export function readEntry(bytes) {
  const reader = new Reader(bytes);
  const entry = {
    kind: reader.u8(),
    at: reader.u48(),
    id: reader.take(16).toString('hex'),
    author: reader.text(),
  };
  const body = reader.rest();
  if (entry.kind !== FILE) return { ...entry, text: body.toString('utf8') };
  const file = decode(body);
  return { ...entry, text: file.n, file };
}

/** The MAC of LoginFinish. */
export function loginMac({ sessionKey, handshakeHash, device }) {
  return blake2b(
    32,
    Buffer.concat([Buffer.from('natter login', 'ascii'), handshakeHash, device]),
    sessionKey,
  );
}

/** The id of the entry that a POST becomes, hex. */
export function entryId({ account, stream, log, counter }) {
  return blake2b(16, Buffer.concat([account, stream, log, u64(counter)])).toString('hex');
}

/**
 * Emits `entry` (conversation, entry with its seq) in order and once, `ephemeral` ({ log, kind, subject, version,
 * value }), `conversation`, `event` (number, body) and `end` (code, reason).
 */
export class Client extends EventEmitter {
  static async connect(options) {
    await opaque.ready;
    return new Client(await Connection.open(options), options);
  }

  /** @param options.stream that of an earlier connection, whose posts may be repeated from the first on */
  constructor(connection, { own, stream = randomBytes(16) }) {
    super();
    Object.assign(this, { connection, own, stream });
    this.counters = new Map();
    this.conversations = new Map();
    this.waiting = new Map();
    this.ahead = new Map();
    this.versions = new Map();
    this.nextRequest = 1;
    this.fetches = 0;
    connection.on('frame', (type, reader) => this.#receive(type, reader));
    connection.on('end', (code, reason) => {
      for (const { reject } of this.waiting.values()) reject(new Error('The connection ended.'));
      this.emit('end', code, reason);
    });
  }

  // Accounts

  async register(name, password, remember = false) {
    const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password });
    const { r } = await this.ask(OPERATION.registerStart, { n: name, r: registrationRequest });
    const { registrationRecord } = opaque.client.finishRegistration({
      clientRegistrationState,
      registrationResponse: r,
      password,
    });
    const body = { n: name, r: registrationRecord, d: remember, l: 'stranger' };
    return this.#welcome(await this.ask(OPERATION.registerFinish, body));
  }

  async login(name, password, remember = false) {
    const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password });
    const { r } = await this.ask(OPERATION.loginStart, { n: name, r: startLoginRequest });
    const result = opaque.client.finishLogin({ clientLoginState, loginResponse: r, password });
    if (!result) throw Object.assign(new Error('Name or password is wrong.'), { code: 'WRONG_PASSWORD' });
    const sessionKey = Buffer.from(result.sessionKey, 'base64url').subarray(0, 32);
    const m = loginMac({ sessionKey, handshakeHash: this.connection.hash, device: this.own.publicKey });
    const body = { n: name, r: result.finishLoginRequest, m, d: remember, l: 'stranger' };
    return this.#welcome(await this.ask(OPERATION.loginFinish, body));
  }

  async loginDevice(name) {
    return this.#welcome(await this.ask(OPERATION.loginDevice, { n: name }));
  }

  // Talk

  async join(room) {
    return this.#adopt(await this.ask(OPERATION.join, { n: room }));
  }

  async direct(person) {
    return this.#adopt(await this.ask(OPERATION.direct, { n: person }));
  }

  leave(conversation) {
    return this.ask(OPERATION.leave, { l: conversation.l });
  }

  /** Everybody who is here, or in a conversation. */
  async who(log = 0) {
    const people = [];
    for (;;) {
      const { u } = await this.ask(OPERATION.who, { l: log, a: people.at(-1)?.n ?? '' });
      people.push(...u);
      if (u.length < 500) return people;
    }
  }

  cursor(conversation, seq) {
    return this.ask(OPERATION.cursor, { l: conversation.l, s: seq });
  }

  /** Says something; resolves with { seq, at, id } when it is durable. A refusal ends the stream it was in. */
  async post(conversation, text, kind = 1) {
    const { account, stream } = this;
    const counter = (this.counters.get(conversation.l) ?? 0) + 1;
    this.counters.set(conversation.l, counter);
    const place = [stream, varint(conversation.l), varint(counter), Buffer.from([kind])];
    try {
      const answer = await this.#question(FRAME.post, (request) =>
        Buffer.concat([request, ...place, block(text)]),
      );
      return { ...answer, id: entryId({ account, stream, log: conversation.i, counter }) };
    } catch (error) {
      if (this.stream === stream) {
        this.stream = randomBytes(16);
        this.counters.clear();
      }
      throw error;
    }
  }

  typing(conversation, on) {
    const body = [
      varint(conversation.l),
      Buffer.from([TYPING]),
      block(''),
      varint(0),
      Buffer.from([on ? 1 : 0]),
    ];
    this.connection.frame(FRAME.ephemeral, Buffer.concat(body));
  }

  close() {
    return this.connection.close(0, 'done');
  }

  /** One REQUEST, repeated until it is answered; a refusal is thrown with its `code`. */
  ask(operation, body) {
    const rest = Buffer.concat([Buffer.from([operation]), encode(body)]);
    return this.#question(FRAME.request, (request) => Buffer.concat([request, rest]));
  }

  #question(type, bodyOf) {
    const request = this.nextRequest;
    this.nextRequest += 1;
    const body = bodyOf(varint(request));
    return new Promise((resolve, reject) => {
      const until = performance.now() + GIVE_UP_MS;
      let wait = Math.max(500, 3 * this.connection.roundTrip);
      let timer;
      const settle = (how) => (value) => {
        clearTimeout(timer);
        this.waiting.delete(request);
        how(value);
      };
      this.waiting.set(request, { resolve: settle(resolve), reject: settle(reject) });
      const again = () => {
        if (performance.now() > until) {
          this.waiting.get(request)?.reject(Object.assign(new Error('No answer.'), { code: 'DEADLINE' }));
          return;
        }
        this.connection.frame(type, body);
        timer = setTimeout(again, wait);
        wait = Math.min(2000, 2 * wait);
      };
      again();
    });
  }

  #receive(type, reader) {
    if (type === FRAME.accepted) this.#accepted(reader);
    else if (type === FRAME.push) this.#push(reader.varint(), reader.varint(), reader.rest());
    else if (type === FRAME.entries) this.#entries(reader);
    else if (type === FRAME.head) this.#head(reader.varint(), reader.u32(), reader.varint());
    else if (type === FRAME.ephemeral) this.#ephemeral(reader);
    else if (type === FRAME.reply) this.#reply(reader.varint(), reader.u8(), decode(reader.rest()));
    else if (type === FRAME.event) this.#event(reader.u8(), decode(reader.rest()));
  }

  #accepted(reader) {
    const [request, , counter, seq] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()];
    this.waiting.get(request)?.resolve({ counter, seq, at: reader.u48() });
  }

  #reply(request, status, body) {
    const waiting = this.waiting.get(request);
    if (status === 0) waiting?.resolve(body);
    else waiting?.reject(Object.assign(new Error(body.m), { code: body.c, details: body.d }));
  }

  #welcome(welcome) {
    this.account = welcome.a;
    for (const conversation of welcome.c) this.#adopt(conversation);
    return welcome;
  }

  #adopt(conversation) {
    const known = this.conversations.get(conversation.l);
    if (known) return known;
    const head = Math.max(conversation.h, this.ahead.get(conversation.l) ?? 0);
    const added = { ...conversation, held: 0, aside: new Map(), head };
    this.ahead.delete(conversation.l);
    this.conversations.set(conversation.l, added);
    void this.#catchUp(added);
    this.emit('conversation', added);
    return added;
  }

  #push(log, seq, bytes) {
    const conversation = this.conversations.get(log);
    if (!conversation) this.#heard(log, seq);
    if (!conversation || seq <= conversation.held) return;
    conversation.head = Math.max(conversation.head, seq);
    conversation.aside.set(seq, readEntry(bytes));
    this.#show(conversation);
    if (conversation.aside.size > 0) {
      setTimeout(() => void this.#catchUp(conversation), Math.max(50, this.connection.roundTrip));
    }
  }

  /** News of a log may overtake what makes it known. */
  #heard(log, seq) {
    this.ahead.set(log, Math.max(seq, this.ahead.get(log) ?? 0));
  }

  /** A HEAD may be old news, so it only makes us ask: what ENTRIES says holds. */
  #head(log, epoch, seq) {
    const conversation = this.conversations.get(log);
    if (!conversation) return this.#heard(log, seq);
    conversation.head = Math.max(conversation.head, seq);
    void this.#catchUp(conversation, epoch !== conversation.e || seq < conversation.held);
  }

  /** Fetches what is missing up to the head, one FETCH after the other. */
  async #catchUp(conversation, doubtful = false) {
    if (conversation.fetching || !(doubtful || conversation.held < conversation.head)) return;
    conversation.fetching = true;
    try {
      do {
        if (!(await this.#fetch(conversation))) break;
      } while (conversation.held < conversation.head && !this.connection.ended);
    } catch (error) {
      this.emit('trouble', error);
    } finally {
      conversation.fetching = false;
    }
  }

  /** One FETCH. @returns false when there was nothing to give */
  async #fetch(conversation) {
    this.fetches += 1;
    const after = conversation.held;
    const place = [varint(conversation.l), varint(after), varint(FETCH_ENTRIES)];
    const page = await this.#question(FRAME.fetch, (request) => Buffer.concat([request, ...place]));
    if (page.epoch !== conversation.e || page.head < after) {
      // Restored: what came since may be numbered otherwise. All is read again.
      Object.assign(conversation, { e: page.epoch, head: page.head, held: 0 });
      conversation.aside.clear();
      this.emit('restored', conversation);
      return page.head > 0;
    }
    conversation.head = Math.max(conversation.head, page.head);
    // What lies before the first one given was deleted by age.
    if (page.entries.length > 0 && conversation.held === after) conversation.held = page.first - 1;
    page.entries.forEach((entry, index) => {
      if (page.first + index > conversation.held) conversation.aside.set(page.first + index, entry);
    });
    this.#show(conversation);
    return page.entries.length > 0;
  }

  #entries(reader) {
    const [request, , epoch] = [reader.varint(), reader.varint(), reader.u32()];
    const [head, first, count] = [reader.varint(), reader.varint(), reader.varint()];
    const entries = Array.from({ length: count }, () => readEntry(reader.block()));
    this.waiting.get(request)?.resolve({ epoch, head, first, entries });
  }

  #show(conversation) {
    for (;;) {
      const seq = conversation.held + 1;
      const entry = conversation.aside.get(seq);
      if (!entry) return;
      conversation.aside.delete(seq);
      conversation.held = seq;
      this.emit('entry', conversation, { seq, ...entry });
    }
  }

  #ephemeral(reader) {
    const [log, kind, subject, version] = [reader.varint(), reader.u8(), reader.text(), reader.varint()];
    const key = `${log} ${kind} ${subject}`;
    if (version <= (this.versions.get(key) ?? -1)) return;
    this.versions.set(key, version);
    this.emit('ephemeral', { log, kind, subject, version, value: reader.u8() });
  }

  #event(number, body) {
    if (number === 1) this.#adopt(body);
    if (number === 2) this.conversations.delete(body.l);
    this.emit('event', number, body);
  }
}
