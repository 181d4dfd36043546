import { type ChildProcess, fork } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sodium from 'sodium-native';
import type { FileEndNews, FileEndOrder } from './file-end.js';
import { Measured } from './measured.js';
import { Member } from './member.js';

const SAY_EVERY_MS = 10;
/** A gigabyte on a slow machine. */
const PATIENCE_MS = 300_000;
const TEXT = Buffer.alloc(64, 'natter ');

export interface TalkLatencies {
  /** From one member to another, neither of whom has to do with the file; microseconds. */
  readonly others: readonly number[];
  /** Between the file's sender and its receiver, both ways. */
  readonly own: readonly number[];
}

/** Sends the file at `path` from client to client through a server of its own, while they and two others talk. */
export async function measureTalk(folder: string, path: string): Promise<TalkLatencies> {
  const server = new Measured([
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--data',
    join(folder, 'talk-server'),
    '--json',
  ]);
  const ends: ChildProcess[] = [];
  try {
    const listening = await server.line(({ event }) => event === 'listening');
    const port = Number(listening.port);
    const pair = await TalkingPair.open(port);
    for (const user of ['sender', 'receiver'])
      ends.push(
        fork(new URL('./file-end.js', import.meta.url), [
          `127.0.0.1:${port}`,
          user,
          join(folder, `talk-${user}`),
        ]),
      );
    const [sender, receiver] = ends as [ChildProcess, ChildProcess];
    await Promise.all([until(sender, 'ready'), until(receiver, 'ready')]);
    const into = join(folder, 'talk-downloads');
    mkdirSync(into, { recursive: true });
    await ask(receiver, { do: 'take', from: '@sender', into });
    const heard = Promise.all([until(sender, 'talk'), until(receiver, 'talk')]);
    const running = until(receiver, 'running');
    await ask(sender, { do: 'send', to: '@receiver', path });
    await running;
    pair.start();
    const talk = await heard;
    const others = await pair.stop();
    for (const end of ends) {
      end.send({ do: 'stop' } satisfies FileEndOrder);
      await once(end, 'exit');
    }
    return { others, own: talk.flatMap((news) => (news.event === 'talk' ? news.latenciesUs : [])) };
  } finally {
    for (const end of ends) end.kill('SIGKILL');
    await server.stop();
  }
}

/** Two members of a room, of whom one says something every 10 ms. */
class TalkingPair {
  readonly #speaker: Member;
  readonly #listener: Member;
  readonly #log: number;
  readonly #saidAt: number[] = [];
  readonly #latenciesUs: number[] = [];
  readonly #before: number;
  #timer: NodeJS.Timeout | undefined;

  static async open(port: number): Promise<TalkingPair> {
    const members: Member[] = [];
    for (const name of ['speaker', 'listener']) {
      const keys = { publicKey: Buffer.alloc(32), secretKey: Buffer.alloc(32) };
      sodium.crypto_kx_keypair(keys.publicKey, keys.secretKey);
      const member = await Member.open({ host: '127.0.0.1', port }, keys, (target) => randomFillSync(target));
      await member.register(name);
      members.push(member);
    }
    const [speaker, listener] = members as [Member, Member];
    await speaker.join('bench');
    const room = await listener.join('bench');
    return new TalkingPair(speaker, listener, room.l, room.h);
  }

  private constructor(speaker: Member, listener: Member, log: number, before: number) {
    this.#speaker = speaker;
    this.#listener = listener;
    this.#log = log;
    this.#before = before;
    listener.onPush = (from, seq) => {
      const saidAt = this.#saidAt[seq - this.#before - 1];
      if (from === this.#log && saidAt !== undefined)
        this.#latenciesUs.push((performance.now() - saidAt) * 1000);
    };
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#saidAt.push(performance.now());
      this.#speaker.post(this.#log, TEXT);
    }, SAY_EVERY_MS);
  }

  async stop(): Promise<readonly number[]> {
    clearInterval(this.#timer);
    await Promise.all([this.#speaker.close(), this.#listener.close()]);
    return this.#latenciesUs;
  }
}

async function ask(child: ChildProcess, order: FileEndOrder): Promise<void> {
  const ready = until(child, 'ready');
  child.send(order);
  await ready;
}

/** The next news of this kind. @throws Error when the child fails or ends before */
function until(child: ChildProcess, event: FileEndNews['event']): Promise<FileEndNews> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer);
      child.off('message', hear);
      child.off('exit', gone);
      how();
    };
    const hear = (news: FileEndNews) => {
      if (news.event === 'failed') settle(() => reject(new Error(news.message)));
      else if (news.event === event) settle(() => resolve(news));
    };
    const gone = () => settle(() => reject(new Error('an end of the file ended early')));
    const timer = setTimeout(
      () => settle(() => reject(new Error(`no "${event}" from an end of the file`))),
      PATIENCE_MS,
    );
    child.on('message', hear);
    child.on('exit', gone);
  });
}
