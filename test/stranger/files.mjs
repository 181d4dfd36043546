/** Files of docs/PROTOCOL.md: chunks that one side wants and the other supplies, both ends of it. */

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { varint } from './bytes.mjs';
import { blake2b } from './noise.mjs';

const FRAME = { want: 0x1a, chunk: 0x1b };
const OPERATION = { offer: 40, upload: 41, finish: 42, download: 43, close: 44, withdraw: 45, answer: 46 };
const STATE = { waiting: 0, held: 3, gone: 4 };
const ANSWER = { done: 3 };
const FILE_EVENT = 5;
const CHUNK = 65_536;
const HASH = 32;
const PIECE = 1_100;
const OUTSTANDING = 4 * 1024 * 1024;
/** Packets of CHUNKs that may be unacknowledged: a sender is free in how it limits itself. */
const IN_FLIGHT = 128;
const FINISH_AGAIN_MS = 1_000;
const UPLOAD_AGAIN_MS = 5_000;

/** The record of a chunk: its hash, then its bytes. */
export function recordOf(bytes, chunk) {
  const part = bytes.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
  return Buffer.concat([blake2b(HASH, part), part]);
}

export function chunksOf(size) {
  return Math.ceil(size / CHUNK);
}

/**
 * The files of one client. Counts what is sent and received, and emits `chunk` (file, chunk) for each that is right.
 * `wantedAgain` are chunks that the server wants twice though it knows that the first WANT came: they are under way.
 */
export class Files extends EventEmitter {
  constructor(client) {
    super();
    this.client = client;
    this.counts = { supplied: 0, wantedAgain: 0, received: 0, wrong: 0 };
    this.uploads = new Map();
    this.downloads = new Map();
    /** Records that wait to be sent, the first of them from its `offset` on. */
    this.queue = [];
    client.connection.on('frame', (type, reader) => {
      if (type === FRAME.want) this.#wanted(reader.varint(), reader.varint(), reader.varint());
      if (type === FRAME.chunk) this.#piece(reader);
    });
    client.connection.on('acked', () => this.#pump());
    client.on('event', (number, body) => {
      if (number === FILE_EVENT) this.emit(`file ${body.f}`, body);
    });
  }

  // Sending

  offer(conversation, { name, size, type = 'application/octet-stream', id = randomBytes(16) }) {
    return this.client.ask(OPERATION.offer, { l: conversation.l, i: id, n: name, s: size, t: type });
  }

  /** Offers and sends; resolves with the file's number when the server holds it. */
  async send(conversation, name, bytes) {
    const { f } = await this.offer(conversation, { name, size: bytes.length });
    await this.upload(f, bytes);
    return f;
  }

  /** Supplies whatever the server wants, then finishes; also what an earlier connection began. */
  async upload(file, bytes, hash = blake2b(HASH, bytes)) {
    const everything = chunksOf(bytes.length);
    const supplied = new Set();
    const upload = { bytes, supplied, records: new Map() };
    this.uploads.set(file, upload);
    try {
      const { b } = await this.client.ask(OPERATION.upload, { f: file });
      const missing = everything - chunksOf(b);
      while (supplied.size < missing) {
        const before = supplied.size;
        await this.#next('supplied', UPLOAD_AGAIN_MS);
        // The server may have ended the upload: it is begun again.
        if (supplied.size === before) await this.client.ask(OPERATION.upload, { f: file });
      }
      for (;;) {
        const { s } = await this.client.ask(OPERATION.finish, { f: file, h: hash });
        if (s === STATE.held) break;
        if (s === STATE.gone) throw Object.assign(new Error('The file is gone.'), { code: 'GONE' });
        // The upload has ended although all was sent: something of it came wrong. It is begun again.
        if (s === STATE.waiting) await this.client.ask(OPERATION.upload, { f: file });
        await this.#next(`file ${file}`, FINISH_AGAIN_MS);
      }
    } finally {
      this.uploads.delete(file);
    }
  }

  /** Sends a CHUNK as it is given, wanted or not; returns the frame. */
  piece(file, chunk, total, offset, bytes) {
    const head = [varint(file), varint(chunk), varint(total), varint(offset)];
    return this.client.connection.frame(FRAME.chunk, Buffer.concat([...head, bytes]));
  }

  #wanted(file, first, count) {
    const { connection } = this.client;
    const upload = this.uploads.get(file);
    if (!upload) return;
    const last = Math.min(first + count, chunksOf(upload.bytes.length));
    for (let chunk = first; chunk < last; chunk += 1) {
      const before = upload.records.get(chunk);
      if (before && this.#isUnderWay(before)) {
        if (before.wantedAt <= connection.arrivalsKnown) this.counts.wantedAgain += 1;
        continue;
      }
      const record = { file, chunk, upload, offset: 0, frames: new Set(), wantedAt: connection.arrivals };
      upload.records.set(chunk, record);
      this.queue.push(record);
    }
    this.#pump();
  }

  /** It waits to be sent, or not all of it is acknowledged: a WANT that comes twice changes nothing. */
  #isUnderWay(record) {
    return this.queue.includes(record) || this.client.connection.owes(record.frames);
  }

  #pump() {
    const { connection } = this.client;
    while (this.queue.length > 0 && connection.inFlight < IN_FLIGHT && !connection.ended) {
      const [next] = this.queue;
      next.bytes ??= recordOf(next.upload.bytes, next.chunk);
      const { file, chunk, bytes, offset } = next;
      next.frames.add(this.piece(file, chunk, bytes.length, offset, bytes.subarray(offset, offset + PIECE)));
      next.offset += PIECE;
      if (next.offset < bytes.length) continue;
      this.queue.shift();
      next.upload.supplied.add(chunk);
      this.counts.supplied += 1;
      this.emit('supplied');
    }
  }

  // Receiving

  want(file, first, count) {
    this.client.connection.frame(FRAME.want, Buffer.concat([varint(file), varint(first), varint(count)]));
  }

  /** Fetches a file, also one whose upload still runs; resolves with its bytes, which are those of its hash. */
  async receive(file) {
    const opened = await this.open(file);
    const bytes = Buffer.alloc(opened.z);
    const everything = chunksOf(opened.z);
    const download = { size: opened.z, bytes, records: new Map(), left: new Set() };
    for (let chunk = 0; chunk < everything; chunk += 1) download.left.add(chunk);
    this.downloads.set(file, download);
    const window = Math.floor(OUTSTANDING / (CHUNK + HASH));
    for (let wanted = 0; download.left.size > 0; ) {
      const outstanding = wanted - (everything - download.left.size);
      const more = Math.min(everything - wanted, window - outstanding);
      if (more > 0) this.want(file, wanted, more);
      wanted += Math.max(0, more);
      await this.#next('chunk');
    }
    let hash = opened.h;
    while (!hash) {
      await this.#next(`file ${file}`, FINISH_AGAIN_MS);
      const { s, h } = await this.open(file);
      if (s === STATE.gone) throw Object.assign(new Error('The file is gone.'), { code: 'GONE' });
      hash = h;
    }
    if (!blake2b(HASH, bytes).equals(hash)) throw new Error('The whole is not what its sender sent.');
    this.downloads.delete(file);
    await this.client.ask(OPERATION.answer, { f: file, s: ANSWER.done });
    await this.client.ask(OPERATION.close, { f: file, u: false });
    return bytes;
  }

  open(file) {
    return this.client.ask(OPERATION.download, { f: file });
  }

  withdraw(file) {
    return this.client.ask(OPERATION.withdraw, { f: file });
  }

  #piece(reader) {
    const [file, chunk, total, offset] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()];
    const bytes = reader.rest();
    const download = this.downloads.get(file);
    if (!download?.left.has(chunk)) return;
    const length = Math.min(CHUNK, download.size - chunk * CHUNK);
    if (total !== length + HASH || offset + bytes.length > total) return;
    const record = download.records.get(chunk) ?? {
      bytes: Buffer.alloc(total),
      there: new Uint8Array(total),
    };
    download.records.set(chunk, record);
    bytes.copy(record.bytes, offset);
    record.there.fill(1, offset, offset + bytes.length);
    if (record.there.includes(0)) return;
    download.records.delete(chunk);
    const content = record.bytes.subarray(HASH);
    if (!blake2b(HASH, content).equals(record.bytes.subarray(0, HASH))) {
      this.counts.wrong += 1;
      // Not before what brought it is acknowledged: until then it would count as under way.
      queueMicrotask(() => this.want(file, chunk, 1));
      return;
    }
    content.copy(download.bytes, chunk * CHUNK);
    download.left.delete(chunk);
    this.counts.received += 1;
    this.emit('chunk', file, chunk);
  }

  /** Waits for news of this name, for so long at most, or until the connection ends. */
  #next(name, ms) {
    return new Promise((resolve, reject) => {
      const { connection } = this.client;
      const settle = (how) => () => {
        clearTimeout(timer);
        this.off(name, news);
        connection.off('end', end);
        how();
      };
      const news = settle(resolve);
      const end = settle(() => reject(new Error('The connection ended.')));
      const timer = ms === undefined ? undefined : setTimeout(news, ms);
      this.on(name, news);
      connection.on('end', end);
      if (connection.ended) end();
    });
  }
}
