import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offeredIn } from '../../src/actors/client/files/entry.js';
import { RingFiles } from '../../src/actors/ring/files/files.js';
import type { ClientEvent, Message, Transfer } from '../../src/chat/events.js';
import { Reader } from '../../src/net/bytes.js';
import { clockText } from '../../src/net/ring/clock.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { identityOf } from '../../src/net/ring/identity.js';
import type { Contact, PeerId } from '../../src/net/ring/types.js';
import type { TransferRecord } from '../../src/store/transfers.js';
import { FakeDisk } from './fake-disk.js';
import { VirtualTime } from './virtual-time.js';

const COMMUNITY = Buffer.alloc(32, 3);
const LATENCY_MS = 10;
/** Of one record on a wire. */
const RECORD_MS = 5;
const GROUP = '+tea';

/** One end of a wire: what its peer wants of the other end. */
interface End {
  readonly person: RingFilePerson;
  readonly wire: number;
  readonly wanted: Set<string>;
  /** What is supplied now leaves then. */
  freeAt: number;
  other: End;
}

/** Somebody with files, and what their screen would show of them. */
export class RingFilePerson {
  readonly self: Contact;
  readonly disk: FakeDisk;
  readonly shown: Transfer[] = [];
  readonly reached = new Set<PeerId>();
  readonly ends = new Map<number, End>();
  isOnline = true;
  isMember = true;
  files: RingFiles;

  constructor(
    readonly name: string,
    readonly ring: FileRing,
    key: number,
    disk: FakeDisk,
  ) {
    this.disk = disk;
    this.self = contactOf(COMMUNITY, identityOf(Buffer.alloc(32, key)).publicKey, []);
    this.files = this.start();
  }

  /** As a process that begins: what was under way goes on. */
  start(): RingFiles {
    const { ring, self, disk } = this;
    const { time } = ring;
    this.files = new RingFiles({
      clock: time,
      random: (target) => target.fill(++ring.chance),
      turnEnd: (run) => void time.setTimeout(run, 0),
      ...{ self, community: COMMUNITY },
      disk: () => disk,
      port: {
        send: (to, type, body) => this.#send(to, type, body),
        wireOf: (peer) => this.endTo(peer)?.wire,
        peerOf: (wire) => this.ends.get(wire)?.other.person.self.id,
        wires: {
          want: (wire, file, chunk) => this.#want(wire, file, chunk),
          unwant: (wire, file) => this.#unwant(wire, file),
          supply: (wire, file, chunk, record) => this.#supply(wire, file, chunk, record),
          unsupply: () => {},
          rttMs: () => 2 * LATENCY_MS,
        },
        reach: (peer, on) => this.#reach(peer, on),
        isOnline: (peer) => ring.person(peer).isOnline,
        isMember: (_, peer) => ring.person(peer).isMember,
        open: async (target) => {
          if (target === GROUP) return { log: 0, kind: 'interest', target };
          const peer = ring.people.find(({ name }) => `@${name}` === target)?.self.id ?? '';
          return { log: 0, kind: 'direct', target, peer };
        },
        offer: async (record, body) => ring.tell(this, record, body),
        emit: (event) => this.#emit(event),
        name: () => this.name,
      },
    });
    this.files.begin();
    return this.files;
  }

  endTo(peer: PeerId): End | undefined {
    return [...this.ends.values()].find(({ other }) => other.person.self.id === peer);
  }

  /** Writes a file that can be sent. @returns its path */
  file(name: string, bytes: Buffer): string {
    const path = join(this.disk.folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  received(name: string): Buffer | undefined {
    const path = join(this.disk.folder, name);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  /** What is half done. */
  get partials(): string[] {
    return readdirSync(this.disk.folder).filter((name) => name.includes('.part'));
  }

  state(id: string): string | undefined {
    return this.shown.findLast((transfer) => transfer.id === id)?.state;
  }

  last(id: string): Transfer | undefined {
    return this.shown.findLast((transfer) => transfer.id === id);
  }

  #reach(peer: PeerId, on: boolean): void {
    if (!on) this.reached.delete(peer);
    else {
      this.reached.add(peer);
      this.ring.time.setTimeout(() => this.ring.link(this, this.ring.person(peer)), LATENCY_MS);
    }
  }

  #emit(event: ClientEvent): void {
    if (event.event === 'transfer') this.shown.push(event.transfer);
  }

  #send(to: PeerId, type: number, body: Uint8Array): boolean {
    const end = this.endTo(to);
    if (end === undefined) return false;
    const bytes = Buffer.from(body);
    this.ring.later(end, (person, now) => person.files.frame(this.self.id, type, new Reader(bytes), now));
    return true;
  }

  #want(wire: number, file: number, chunk: number): boolean {
    const end = this.ends.get(wire);
    if (end === undefined) return false;
    end.wanted.add(`${file} ${chunk}`);
    this.ring.later(end, (person) => person.files.wanted(end.other.wire, file, chunk, 1));
    return true;
  }

  #unwant(wire: number, file: number): void {
    const { wanted = new Set<string>() } = this.ends.get(wire) ?? {};
    for (const name of wanted) if (name.startsWith(`${file} `)) wanted.delete(name);
  }

  #supply(wire: number, file: number, chunk: number, record: Buffer): boolean {
    const end = this.ends.get(wire);
    if (end === undefined) return false;
    const bytes = Buffer.from(record);
    end.freeAt = Math.max(end.freeAt, this.ring.time.now()) + RECORD_MS;
    this.ring.time.setTimeout(() => {
      this.ring.later(end, (person) => {
        this.ring.carried++;
        if (end.other.wanted.delete(`${file} ${chunk}`))
          person.files.chunk(end.other.wire, file, chunk, bytes);
        this.ring.later(end.other, (supplier) => supplier.files.supplied(end.wire, file, chunk));
      });
    }, end.freeAt - this.ring.time.now());
    return true;
  }
}

/** Peers with links between them in virtual time, and the messages in which they offer files. */
export class FileRing {
  readonly time = new VirtualTime();
  readonly people: RingFilePerson[] = [];
  chance = 0;
  /** Records that went over a wire. */
  carried = 0;
  #wires = 0;
  #seq = 0;
  readonly #folders: string[] = [];

  add(name: string): RingFilePerson {
    const folder = mkdtempSync(join(tmpdir(), 'natter-ring-files-'));
    this.#folders.push(folder);
    const person = new RingFilePerson(name, this, this.people.length + 1, new FakeDisk(folder));
    this.people.push(person);
    return person;
  }

  person(peer: PeerId): RingFilePerson {
    const found = this.people.find(({ self }) => self.id === peer);
    if (found === undefined) throw new Error(`nobody is ${peer}`);
    return found;
  }

  link(a: RingFilePerson, b: RingFilePerson): void {
    if (!a.isOnline || !b.isOnline || a.endTo(b.self.id) !== undefined) return;
    const end = { person: a, wire: ++this.#wires, wanted: new Set<string>(), freeAt: 0 } as End;
    const other: End = { person: b, wire: ++this.#wires, wanted: new Set(), freeAt: 0, other: end };
    end.other = other;
    a.ends.set(end.wire, end);
    b.ends.set(other.wire, other);
    a.files.linked(b.self);
    b.files.linked(a.self);
  }

  unlink(a: RingFilePerson, b: RingFilePerson): void {
    const end = a.endTo(b.self.id);
    if (end === undefined) return;
    a.ends.delete(end.wire);
    b.ends.delete(end.other.wire);
    a.files.unlinked(b.self.id);
    b.files.unlinked(a.self.id);
  }

  /** As kill -9 of that person's program. */
  kill(person: RingFilePerson): void {
    person.isOnline = false;
    person.files.close();
    for (const other of this.people) if (other !== person) this.unlink(other, person);
  }

  revive(person: RingFilePerson): void {
    person.isOnline = true;
    person.start();
    for (const other of this.people) other.files.appeared(person.self.id);
  }

  /** What reaches the other end of a wire, unless that is gone by then. */
  later(end: End, arrive: (person: RingFilePerson, now: number) => void): void {
    this.time.setTimeout(() => {
      const { other } = end;
      if (other.person.ends.get(other.wire) === other) arrive(other.person, this.time.now());
    }, LATENCY_MS);
  }

  /** A message in which a file is offered reaches everybody it is for. */
  tell(author: RingFilePerson, record: TransferRecord, body: Buffer): void {
    for (const person of this.people) {
      const isFor = record.peer === undefined ? person !== author : person.self.id === record.peer;
      if (!isFor) continue;
      const target = record.peer === undefined ? GROUP : `@${author.name}`;
      const kind = record.peer === undefined ? 'interest' : 'direct';
      const message = this.#message(target, author, body);
      this.time.setTimeout(() => {
        if (person.isOnline) person.files.seen({ log: 0, kind, target }, message, author.self.id, body, true);
      }, LATENCY_MS);
    }
  }

  async run(ms: number): Promise<void> {
    const end = this.time.now() + ms;
    while (this.time.now() < end) {
      await this.time.pass(Math.min(1_000, end - this.time.now()));
      for (const { files, isOnline } of this.people) if (isOnline) files.tick(this.time.now());
    }
  }

  close(): void {
    for (const { files } of this.people) files.close();
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }

  #message(room: string, author: RingFilePerson, body: Buffer): Message {
    const file = offeredIn(body)?.offer;
    return {
      ...{ room, seq: ++this.#seq, id: `m${this.#seq}`, from: author.name, text: file?.name ?? '' },
      ...{
        at: this.time.wall(),
        kind: 'file',
        mine: false,
        delivery: 'ok',
        clock: clockText(Buffer.alloc(8)),
      },
      ...(file === undefined ? {} : { file }),
    };
  }
}
