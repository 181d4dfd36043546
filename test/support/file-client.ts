import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Transfer } from '../../src/chat/events.js';
import { ConversationKind } from '../../src/chat/operations.js';
import { FakeDisk } from './fake-disk.js';
import { FakeServer } from './fake-server.js';
import { FakeClient, FakeProfile, SCREEN } from './virtual-client.js';
import { VirtualTime } from './virtual-time.js';

/** The log of ana's and bo's private conversation. */
export const DIRECT = 9;

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Bytes that look random, the same for the same seed. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** A client with files of its own on the disk. */
export class FilePerson {
  readonly client: FakeClient;
  readonly disk: FakeDisk;

  constructor(
    readonly name: string,
    readonly at: { server: FakeServer; time: VirtualTime },
    disk?: FakeDisk,
    habits = SCREEN,
  ) {
    at.server.passwords.set(name, 'correct horse');
    this.disk = disk ?? new FakeDisk(temporary());
    this.client = new FakeClient(habits, at, new FakeProfile(), this.disk);
  }

  async login(): Promise<this> {
    await this.client.login({ user: this.name });
    return this;
  }

  /** Writes a file that can be sent. @returns its path */
  file(name: string, bytes: Buffer): string {
    const path = join(this.disk.folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  send(room: string, path: string): Promise<string> {
    return this.at.time.resolve(this.client.core.sendFile(room, path));
  }

  /** What was told of a transfer, oldest first. */
  told(id: string): Transfer[] {
    return this.client.of('transfer').flatMap(({ transfer }) => (transfer.id === id ? [transfer] : []));
  }

  /** States in the order in which they were told, each once in a row. */
  states(id: string): string[] {
    return this.told(id)
      .map(({ state }) => state)
      .filter((state, index, all) => state !== all[index - 1]);
  }

  /** The newest that was told of it. */
  transfer(id: string): Transfer {
    const last = this.told(id).at(-1);
    if (last === undefined) throw new Error(`${this.name} was told nothing of ${id}`);
    return last;
  }

  async until(id: string, state: Transfer['state']): Promise<Transfer> {
    await this.at.time.until(() => this.told(id).at(-1)?.state === state, 120_000);
    return this.transfer(id);
  }

  /** What was received, by its transfer. */
  received(id: string): Buffer {
    return readFileSync(this.transfer(id).path ?? '');
  }

  /** Names in the downloads folder, without what natter keeps there. */
  names(): string[] {
    return readdirSync(this.disk.folder).filter((name) => name !== 'transfers');
  }

  /** As when the process is killed: nothing is told to anybody, and the next one on this folder takes over. */
  async leave(): Promise<void> {
    await this.at.time.resolve(this.client.core.quit(0));
  }

  /** The same person in a new process on the same folder. */
  again(habits = SCREEN): Promise<FilePerson> {
    return new FilePerson(this.name, this.at, this.disk, habits).login();
  }
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'natter-files-'));
  folders.push(folder);
  return folder;
}

/** A server with ana's and bo's private conversation. */
export function meetingPlace(): { server: FakeServer; time: VirtualTime } {
  const time = new VirtualTime();
  const server = new FakeServer(time);
  server.addLog(DIRECT, ConversationKind.Direct, 'ana bo');
  return { server, time };
}

/** ana and bo, logged in. */
export async function anaAndBo(): Promise<{
  ana: FilePerson;
  bo: FilePerson;
  server: FakeServer;
  time: VirtualTime;
}> {
  const at = meetingPlace();
  const ana = await new FilePerson('ana', at).login();
  const bo = await new FilePerson('bo', at).login();
  return { ana, bo, ...at };
}
