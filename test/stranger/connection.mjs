/** A connection of docs/PROTOCOL.md over one UDP socket: frames in and out, acks, repairs, keepalive, close. */

import { createSocket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { block, Reader, varint } from './bytes.mjs';
import { Handshake } from './handshake.mjs';
import { Keys, Received, readAck } from './packets.mjs';

export const FRAME = {
  padding: 0x00,
  ping: 0x01,
  ack: 0x02,
  pathChallenge: 0x03,
  pathResponse: 0x04,
  token: 0x05,
  close: 0x06,
  segment: 0x07,
};

const PACKET_ROOM = 1200 - 17 - 16;
const PIECE = 1100;
const TICK_MS = 20;
const ACK_MS = 25;
const KEEPALIVE_MS = 25_000;
const IDLE_MS = 180_000;
const FINISH_FOR_MS = 5_000;
const REORDERED = 3;
const PING = Buffer.from([FRAME.ping]);

export class Connection extends EventEmitter {
  /** Opens a connection to `host:port`; emits `frame` (type, Reader of the body) and `end` (code, reason). */
  static async open({ host, port, own, pinned, token }) {
    const connection = new Connection(host, port);
    await connection.#bind();
    connection.handshake = new Handshake({
      send: (datagram) => connection.#send(datagram),
      own,
      pinned,
      token,
    });
    try {
      connection.#establish(await connection.handshake.result);
    } catch (error) {
      connection.#forget();
      throw error;
    }
    return connection;
  }

  constructor(host, port) {
    super();
    Object.assign(this, { host, port });
    this.received = new Received();
    this.sent = new Map();
    this.messages = new Map();
    this.nextMessage = 0;
    this.unacked = 0;
    this.elicitingCount = 0;
    this.largestAt = 0;
    /** Packets that came, and how many of these the peer knows to have come: it has an ACK that was sent after them. */
    this.arrivals = 0;
    this.arrivalsKnown = 0;
    /** By the number of each packet with an ACK how many had come before it. */
    this.acks = new Map();
    this.heardAt = performance.now();
    this.sentAt = this.heardAt;
    /** As a hostile reader is: takes everything in and acknowledges nothing. */
    this.isDeaf = false;
    this.counts = { datagramsIn: 0, datagramsOut: 0, pathChallenges: 0, segments: 0 };
  }

  get generation() {
    return this.keys.generation;
  }

  /** Packets that ask for an ack and have none yet. */
  get inFlight() {
    return this.sent.size;
  }

  /** One of these frames, which went in packets of their own, is not acknowledged. */
  owes(frames) {
    return [...this.sent.values()].some((packet) => packet.frames.some((frame) => frames.has(frame)));
  }

  /** Sends an application frame (from 0x10 on) and returns it; one that is larger than a packet goes in SEGMENTs. */
  frame(type, body) {
    const whole = Buffer.concat([Buffer.from([type]), block(body)]);
    if (whole.length <= PACKET_ROOM) {
      this.#packet([whole]);
      return whole;
    }
    const message = varint(this.nextMessage);
    this.nextMessage += 1;
    for (let at = 0; at < whole.length; at += PIECE) {
      const place = [message, varint(at), varint(whole.length)];
      this.#packet([
        Buffer.concat([Buffer.from([FRAME.segment]), ...place, block(whole.subarray(at, at + PIECE))]),
      ]);
    }
    return whole;
  }

  /** Goes to the next key generation and proves it with a PING. */
  rekey() {
    this.keys.advance();
    this.#packet([PING]);
  }

  /** Goes on from another local port, as a NAT may decide at any time. */
  async move() {
    this.socket.close();
    await this.#bind();
    this.#packet([PING]);
  }

  /** Closes with three CLOSEs at most; resolves when the peer's came, or after the last. */
  async close(code = 0, reason = '') {
    if (this.ended) return;
    this.closing = true;
    const frame = Buffer.concat([Buffer.from([FRAME.close]), varint(code), block(reason)]);
    const gone = new Promise((resolve) => this.once('end', resolve));
    for (const wait of [this.#probeTimeout(), 2 * this.#probeTimeout(), 0]) {
      if (this.ended) break;
      this.#packet([frame], false);
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, wait))]);
    }
    this.#end(code, reason);
  }

  async #bind() {
    const socket = createSocket('udp4');
    socket.on('message', (datagram) => this.#receive(datagram));
    socket.on('error', () => {});
    await new Promise((resolve) => socket.bind(0, resolve));
    this.socket = socket;
  }

  #establish(result) {
    Object.assign(this, { own: result.own, peer: result.peer, server: result.server, hash: result.hash });
    this.roundTrip = result.roundTrip;
    this.keys = new Keys(result);
    if (result.finish) this.#finish(result.finish);
    this.#packet([PING]);
    this.ticker = setInterval(() => this.#tick(performance.now()), TICK_MS);
  }

  /** Repeats FINISH until the server's first sealed packet opens. */
  #finish(datagram) {
    this.#send(datagram);
    let wait = Math.min(300, Math.max(50, 3 * this.roundTrip));
    const until = performance.now() + FINISH_FOR_MS;
    const again = () => {
      if (this.received.largest >= 0 || this.ended || performance.now() > until) return;
      this.#send(datagram);
      wait = Math.min(1000, 2 * wait);
      setTimeout(again, wait);
    };
    setTimeout(again, wait);
  }

  #send(datagram) {
    this.counts.datagramsOut += 1;
    this.socket.send(datagram, this.port, this.host);
  }

  #packet(frames, eliciting = true) {
    const room = PACKET_ROOM - frames.reduce((sum, { length }) => sum + length, 0);
    const ack = eliciting ? this.#owedAck(room) : [];
    const { number, datagram } = this.keys.seal(this.peer, [...ack, ...frames]);
    if (eliciting) this.sent.set(number, { frames, at: performance.now() });
    this.sentAt = performance.now();
    this.#send(datagram);
  }

  #probeTimeout() {
    return Math.min(1000, 2 * this.roundTrip + 35);
  }

  #tick(now) {
    if (now - this.heardAt > IDLE_MS) this.#end(0, 'nothing came for 180 s');
    if (this.ended || this.closing) return;
    if (this.unacked > 0 && now - this.unackedAt >= ACK_MS) this.#ack();
    if (now - this.sentAt > KEEPALIVE_MS || now - Math.max(this.heardAt, this.pingedAt ?? 0) > KEEPALIVE_MS) {
      this.pingedAt = now;
      this.#packet([PING]);
    }
    this.backoff ??= 1;
    const [oldest] = this.sent;
    if (!oldest || now - oldest[1].at < this.backoff * this.#probeTimeout()) return;
    this.backoff = Math.min(16, 2 * this.backoff);
    this.sent.delete(oldest[0]);
    this.#packet([...oldest[1].frames.filter((frame) => frame !== PING), PING]);
  }

  /** An ACK, if one is owed and has room: as frames of the packet that leaves next. */
  #owedAck(room) {
    if (this.unacked === 0 || this.isDeaf) return [];
    const frame = this.received.frame(performance.now() - this.largestAt);
    if (frame.length > room) return [];
    this.unacked = 0;
    this.acks.set(this.keys.number, this.arrivals);
    return [frame];
  }

  #ack() {
    const ack = this.#owedAck(PACKET_ROOM);
    if (ack.length > 0) this.#packet(ack, false);
  }

  #receive(datagram) {
    this.counts.datagramsIn += 1;
    if (datagram.length < 10 || this.ended) return;
    if (datagram[0] < 0x10) {
      if (!this.keys) this.handshake?.receive(datagram);
      return;
    }
    if (!this.keys || datagram[0] > 0x11 || !datagram.subarray(1, 9).equals(this.own)) return;
    const opened = this.keys.open(datagram);
    if (!opened) return;
    const inOrder = opened.number === this.received.largest + 1;
    if (!this.received.add(opened.number)) return;
    this.arrivals += 1;
    this.heardAt = performance.now();
    if (opened.number === this.received.largest) this.largestAt = this.heardAt;
    try {
      this.#frames(new Reader(opened.plaintext), inOrder);
    } catch (error) {
      void this.close(2, error.message.slice(0, 200));
    }
  }

  #frames(reader, inOrder) {
    let eliciting = false;
    let pinged = false;
    while (reader.left > 0) {
      const type = reader.u8();
      if (type === FRAME.padding) break;
      if (type === FRAME.ping) pinged = true;
      if (type === FRAME.ping || type === FRAME.segment || type >= 0x10) eliciting = true;
      this.#one(type, reader);
    }
    if (!eliciting || this.ended) return;
    if (this.unacked === 0) this.unackedAt = this.heardAt;
    this.unacked += 1;
    this.elicitingCount += 1;
    const every = this.elicitingCount <= 100 ? 2 : 10;
    if (pinged || !inOrder || this.unacked >= every) this.#ack();
  }

  #one(type, reader) {
    if (type >= 0x10) this.emit('frame', type, new Reader(reader.block()));
    else if (type === FRAME.ack) this.#acked(readAck(reader));
    else if (type === FRAME.pathChallenge) {
      this.counts.pathChallenges += 1;
      this.#packet([Buffer.concat([Buffer.from([FRAME.pathResponse]), reader.take(8)])], false);
    } else if (type === FRAME.pathResponse) reader.take(8);
    else if (type === FRAME.token) this.token = reader.block();
    else if (type === FRAME.close) this.#closed(reader.varint(), reader.text());
    else if (type === FRAME.segment) this.#segment(reader);
    else if (type !== FRAME.ping) throw new Error(`an unknown frame of type ${type}`);
  }

  #acked(ranges) {
    const [, largest] = ranges[0];
    if (largest >= this.keys.number) throw new Error('an ACK of a packet that was never sent');
    for (const [number, { at }] of this.sent) {
      if (!ranges.some(([from, to]) => number >= from && number <= to)) continue;
      if (number === largest) this.roundTrip = 0.875 * this.roundTrip + 0.125 * (performance.now() - at);
      this.sent.delete(number);
      this.backoff = 1;
    }
    for (const [number, arrivals] of this.acks) {
      if (!ranges.some(([from, to]) => number >= from && number <= to)) continue;
      this.arrivalsKnown = Math.max(this.arrivalsKnown, arrivals);
      this.acks.delete(number);
    }
    for (const [number, { frames }] of this.sent) {
      if (number > largest - REORDERED) break;
      this.sent.delete(number);
      this.#packet(frames);
    }
    this.emit('acked');
  }

  #segment(reader) {
    this.counts.segments += 1;
    const [number, offset, total] = [reader.varint(), reader.varint(), reader.varint()];
    const piece = reader.block();
    if (this.messages.get(number) === 'done') return;
    if (total === 0) {
      this.messages.set(number, 'done');
      return;
    }
    if (total > 65_536 || offset + piece.length > total) throw new Error('a segment beyond its message');
    const message = this.messages.get(number) ?? { bytes: Buffer.alloc(total), there: new Uint8Array(total) };
    this.messages.set(number, message);
    piece.copy(message.bytes, offset);
    message.there.fill(1, offset, offset + piece.length);
    if (message.there.includes(0)) return;
    this.messages.set(number, 'done');
    const whole = new Reader(message.bytes);
    this.emit('frame', whole.u8(), new Reader(whole.block()));
  }

  #closed(code, reason) {
    if (!this.closing)
      this.#packet([Buffer.concat([Buffer.from([FRAME.close]), varint(0), block('')])], false);
    this.#end(code, reason);
  }

  #end(code, reason) {
    if (this.ended) return;
    this.ended = { code, reason };
    this.#forget();
    this.emit('end', code, reason);
  }

  #forget() {
    this.ended ??= { code: 0, reason: '' };
    this.handshake?.stop();
    clearInterval(this.ticker);
    setImmediate(() => this.socket.close());
  }
}
