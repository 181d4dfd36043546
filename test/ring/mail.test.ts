import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Malformed, Reader, Writer } from '../../src/net/bytes.js';
import { FrameType, TEXT_MAX_BYTES } from '../../src/net/constants.js';
import { LETTER_PADDING_BYTES, MAIL_MAX_BYTES } from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { handshakeKeys, type Identity, identityOf, verify } from '../../src/net/ring/identity.js';
import { keepCodec, namesCodec } from '../../src/net/ring/mail/frames.js';
import { NO_LETTER, openLetter, sealLetter } from '../../src/net/ring/mail/letter.js';
import { Mail } from '../../src/net/ring/mail/mail.js';
import { PieceKind, readPiece, signPiece } from '../../src/net/ring/mail/piece.js';
import { readReceipt, signReceipt, Verdict } from '../../src/net/ring/mail/receipt.js';
import { seal, unseal } from '../../src/net/ring/mail/seal.js';
import { KeptMail } from '../../src/store/mail/kept.js';
import { Letters } from '../../src/store/mail/letters.js';
import { type MailTables, memoryMail, openMail } from '../../src/store/mail/tables.js';

const COMMUNITY = Buffer.alloc(32, 1);
const NOW = Date.UTC(2024, 5, 1);
const [ana, ben, eve] = [2, 3, 4].map((byte) => identityOf(Buffer.alloc(32, byte))) as [
  Identity,
  Identity,
  Identity,
];

function words(text: string) {
  const [id, clock] = [Buffer.alloc(16, 9), Buffer.alloc(8, 1)];
  return { id, after: NO_LETTER, clock, kind: 1, name: 'ana', body: Buffer.from(text) };
}

let chance = 0;
function random(target: Buffer): void {
  target.fill(++chance);
}

function sealed(text: string, from: Identity, to: Identity, community = COMMUNITY): Buffer {
  return sealLetter(words(text), { identity: from, community, recipient: to.publicKey, random });
}

function open(bytes: Buffer, by: Identity, community = COMMUNITY) {
  return openLetter(bytes, { recipient: by.publicKey, keys: handshakeKeys(by), community, verify });
}

function naming(names: readonly string[]): Reader {
  const writer = new Writer();
  namesCodec.encode(writer, names);
  return new Reader(writer.copy());
}

describe('a letter', () => {
  it('is read by whom it is for, and says who wrote it', () => {
    const letter = open(sealed('hello', ana, ben), ben);
    expect(letter.body.toString()).toBe('hello');
    expect(letter.author).toEqual(ana.publicKey);
  });

  it('is read by nobody else, and not in another community', () => {
    expect(() => open(sealed('hello', ana, ben), eve)).toThrow(Malformed);
    expect(() => open(sealed('hello', ana, ben), ben, Buffer.alloc(32, 8))).toThrow(Malformed);
  });

  it('cannot be shown around as written to somebody else', () => {
    const said = unseal(sealed('between us', ana, ben), handshakeKeys(ben));
    const shown = seal(said, handshakeKeys(eve).publicKey, random);
    expect(() => open(shown, eve)).toThrow('a letter to somebody else');
  });

  it('tells little by its length, and has room for the longest text', () => {
    expect(sealed('a', ana, ben).length).toBe(sealed('a few words', ana, ben).length);
    expect((sealed('a', ana, ben).length - 48) % LETTER_PADDING_BYTES).toBe(0);
    const longest = sealed('a'.repeat(TEXT_MAX_BYTES), ana, ben);
    const piece = signPiece(ana, COMMUNITY, { what: 1, to: ben.publicKey, at: NOW, body: longest });
    expect(piece.bytes.length).toBeLessThan(MAIL_MAX_BYTES);
    expect(open(readPiece(piece.bytes, COMMUNITY, verify).body, ben).body).toHaveLength(TEXT_MAX_BYTES);
  });
});

describe('whatever the network sends', () => {
  const piece = signPiece(ana, COMMUNITY, {
    what: 1,
    to: ben.publicKey,
    at: NOW,
    body: sealed('x', ana, ben),
  });
  const receipt = signReceipt(ben, COMMUNITY, piece.name, Verdict.Taken);

  it('is mail or a receipt only as it was signed', () => {
    for (const { bytes, read } of [
      { bytes: piece.bytes, read: (b: Buffer) => readPiece(b, COMMUNITY, verify) },
      { bytes: receipt.bytes, read: (b: Buffer) => readReceipt(b, COMMUNITY, verify) },
    ]) {
      expect(() => read(bytes)).not.toThrow();
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ flip;
          expect(() => read(changed)).toThrow(Malformed);
        }),
        { numRuns: 60 },
      );
    }
  });

  it('ends in Malformed, never in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6_000 }), (bytes) => {
        const reads = [
          () => readPiece(Buffer.from(bytes), COMMUNITY, verify),
          () => readReceipt(Buffer.from(bytes), COMMUNITY, verify),
          () => open(Buffer.from(bytes), ben),
          () => keepCodec.decode(new Reader(Buffer.from(bytes))),
          () => namesCodec.decode(new Reader(Buffer.from(bytes))),
        ];
        for (const read of reads) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(Malformed);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('who keeps mail', () => {
  const self = contactOf(COMMUNITY, identityOf(Buffer.alloc(32, 5)).publicKey, []);

  function keeper(store: MailTables = memoryMail()) {
    const sent: { to: string; type: number; body: Buffer }[] = [];
    const mail = new Mail({
      ...{ self, community: COMMUNITY, verify, wall: () => NOW, store: new KeptMail(store) },
      holders: () => [self],
      send: (to, type, body) => sent.push({ to: to.toString('hex'), type, body: Buffer.from(body) }),
    });
    return { mail, sent };
  }

  function give(mail: Mail, from: Identity, text: string, at = NOW, to = ben): string {
    const piece = signPiece(from, COMMUNITY, {
      ...{ what: PieceKind.Letter, to: to.publicKey, at },
      body: Buffer.alloc(4_000, text),
    });
    const writer = new Writer();
    keepCodec.encode(writer, { tell: true, pieces: [piece.bytes] });
    mail.frame(from.publicKey, from.publicKey.toString('hex'), FrameType.Keep, new Reader(writer.copy()), 0);
    return piece.name;
  }

  it('says so only when it is on the disk', () => {
    const { mail, sent } = keeper();
    const name = give(mail, ana, 'a');
    expect(sent).toEqual([]);
    mail.tick(0);
    expect(sent.map(({ to, type }) => ({ to, type }))).toEqual([
      { to: ana.publicKey.toString('hex'), type: FrameType.Kept },
    ]);
    expect(namesCodec.decode(new Reader(sent[0]?.body ?? Buffer.alloc(0)))).toEqual([name]);
  });

  it('says nothing when the disk takes nothing, and keeps it when it is asked again', () => {
    const tables = memoryMail();
    let isFull = true;
    const transact = tables.transact.bind(tables);
    tables.transact = (write) => {
      if (isFull) throw new Error('no space left');
      transact(write);
    };
    const { mail, sent } = keeper(tables);
    give(mail, ana, 'a');
    mail.tick(0);
    expect(sent).toEqual([]);
    expect(mail.counters.unwritten).toBe(1);
    isFull = false;
    give(mail, ana, 'a');
    mail.tick(0);
    expect(sent).toHaveLength(1);
    expect(mail.shelf.size).toBe(1);
  });

  it('keeps no more than a share of what one sender sends, and what others send all the same', () => {
    const { mail } = keeper();
    const others = [6, 7, 8].map((byte) => identityOf(Buffer.alloc(32, byte)));
    for (let n = 0; n < 400; n++) give(mail, eve, `spam ${n}`, NOW, others[n % 3]);
    mail.tick(0);
    expect(mail.shelf.bytes).toBeLessThan(1024 * 1024);
    expect(mail.counters.full).toBeGreaterThan(100);
    give(mail, ana, 'a');
    mail.tick(0);
    expect(mail.shelf.of(ben.publicKey.toString('hex'))).toHaveLength(1);
  });

  it('refuses what is from the future or was kept for its time', () => {
    const { mail } = keeper();
    give(mail, ana, 'a', NOW + 2 * 3_600_000);
    give(mail, ana, 'b', NOW - 8 * 24 * 3_600_000);
    mail.tick(0);
    expect(mail.shelf.size).toBe(0);
    expect(mail.counters.refused).toBe(2);
  });

  it('forgets it only for a receipt of whom it is for', () => {
    const { mail } = keeper();
    const name = give(mail, ana, 'a');
    mail.tick(0);
    mail.settle(signReceipt(eve, COMMUNITY, name, Verdict.Taken), 0);
    expect(mail.shelf.size).toBe(1);
    mail.settle(signReceipt(ben, COMMUNITY, name, Verdict.Taken), 0);
    mail.tick(0);
    expect(mail.shelf.size).toBe(0);
    give(mail, ana, 'a');
    mail.tick(0);
    expect(mail.shelf.size).toBe(0);
  });

  it('keeps it although somebody else signed a receipt before it came, and heeds that of whom it is for', () => {
    const name = give(keeper().mail, ana, 'a');
    const { mail, sent } = keeper();
    mail.settle(signReceipt(eve, COMMUNITY, name, Verdict.Taken), 0);
    mail.tick(0);
    give(mail, ana, 'a');
    mail.tick(0);
    expect(mail.shelf.size).toBe(1);
    expect(sent.map(({ type }) => type)).toEqual([FrameType.Kept]);
    mail.settle(signReceipt(ben, COMMUNITY, name, Verdict.Taken), 0);
    mail.tick(0);
    give(mail, ana, 'a');
    expect(mail.shelf.size).toBe(0);
    expect(sent.at(-1)?.type).toBe(FrameType.Receipt);
  });

  it('is asked for when it is offered, although somebody else signed a receipt for it', () => {
    const name = give(keeper().mail, ana, 'a');
    const { mail, sent } = keeper();
    mail.settle(signReceipt(eve, COMMUNITY, name, Verdict.Taken), 0);
    mail.tick(0);
    mail.frame(ana.publicKey, self.id, FrameType.Shelf, naming([name]), 0);
    expect(sent.map(({ type }) => type)).toEqual([FrameType.Receipt, FrameType.Lacking]);
    expect(namesCodec.decode(new Reader(sent[1]?.body ?? Buffer.alloc(0)))).toEqual([name]);
  });

  it('hands out each piece once, however often one frame names it', () => {
    const { mail, sent } = keeper();
    const name = give(mail, ana, 'a');
    mail.tick(0);
    mail.frame(Buffer.from(self.key), self.id, FrameType.Lacking, naming(Array(200).fill(name)), 0);
    const kept = sent.filter(({ type }) => type === FrameType.Keep);
    expect(kept.map(({ body }) => keepCodec.decode(new Reader(body)).pieces.length)).toEqual([1]);
  });
});

describe('the file of private mail', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('gives back what was written, after it was closed and opened again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'natter-mail-'));
    folders.push(folder);
    const path = join(folder, 'mail.mdb');
    const peer = ben.publicKey.toString('hex');
    const first = openMail(path);
    const letters = new Letters(first);
    const words = {
      peer,
      mine: true,
      state: 'sending',
      clock: Buffer.alloc(8, 1),
      at: NOW,
      kind: 1,
    } as const;
    letters.transact(() => {
      for (let n = 1; n <= 30; n++) {
        const id = Buffer.alloc(16, n).toString('hex');
        letters.add(ana.publicKey, { ...words, id, name: 'ana', body: Buffer.from(`text ${n}`), reason: '' });
      }
      letters.send({ piece: 'aa'.repeat(16), peer, seq: 30, bytes: Buffer.from('sealed') });
      letters.setRead(peer, 12);
    });
    new KeptMail(first).commit({
      keep: [{ name: 'bb'.repeat(16), bytes: Buffer.from('kept'), at: NOW }],
      remember: [{ name: 'cc'.repeat(16), bytes: Buffer.from('receipt'), at: NOW }],
      ...{ drop: [], forget: [] },
    });
    await first.close();

    const second = openMail(path);
    const again = new Letters(second);
    expect(again.head(peer)).toBe(30);
    expect(again.before(peer, 11, 3).map(({ seq, body }) => `${seq} ${body}`)).toEqual([
      '8 text 8',
      '9 text 9',
      '10 text 10',
    ]);
    expect(again.after(peer, 28, 10).map(({ seq }) => seq)).toEqual([29, 30]);
    expect(again.find(ana.publicKey, Buffer.alloc(16, 7).toString('hex'))).toEqual({ peer, seq: 7 });
    expect(again.outbox()).toEqual([{ piece: 'aa'.repeat(16), peer, seq: 30, bytes: Buffer.from('sealed') }]);
    expect(again.conversations()).toEqual([{ peer, read: 12 }]);
    const kept = new KeptMail(second);
    expect(kept.pieces()).toEqual([{ name: 'bb'.repeat(16), bytes: Buffer.from('kept'), at: NOW }]);
    expect(kept.receipt('cc'.repeat(16))?.toString()).toBe('receipt');
    await second.close();
  });
});
