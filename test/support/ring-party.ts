import { join } from 'node:path';
import type { Host } from './lan.js';
import { type Line, Natter, temporaryFolder } from './natter.js';

/** One running `natter ring --json` and what can be said to it. */
export class Member {
  readonly run: Natter;

  constructor(
    readonly nick: string,
    run: Natter,
  ) {
    this.run = run;
  }

  /** A line of standard input: said to the current group, or a command. */
  type(line: string): void {
    this.run.child.stdin.write(`${line}\n`);
  }

  /** Texts of one conversation, in the order in which they were printed. */
  texts(room = '#lobby'): string[] {
    return this.run
      .events('message')
      .filter((line) => line.room === room && line.kind === 'text')
      .map(({ text }) => String(text));
  }

  /** The newest `ring` line. */
  get ring(): Line | undefined {
    return this.run.events('ring').at(-1);
  }

  heard(texts: readonly string[], room = '#lobby', timeoutMs = 30_000): Promise<void> {
    return this.run.until(
      `${texts.length} texts at ${this.nick}`,
      () => {
        const have = new Set(this.texts(room));
        return texts.every((text) => have.has(text));
      },
      timeoutMs,
    );
  }

  isIn(peers: number, timeoutMs = 30_000): Promise<void> {
    return this.run.until(
      `a stable ring of ${peers} others at ${this.nick}`,
      () => this.ring?.peers === peers && this.ring.state === 'stable',
      timeoutMs,
    );
  }
}

/** People in one community, each a process with a data folder of its own. */
export class RingParty {
  readonly members: Member[] = [];
  readonly #folder = temporaryFolder();

  constructor(readonly community = 'test') {}

  dataOf(nick: string): string {
    return join(this.#folder.path, nick);
  }

  /** Starts a peer; resolves when it listens. */
  async start(
    nick: string,
    { args = [], host, listen }: { args?: readonly string[]; host?: Host; listen?: string } = {},
  ): Promise<{ member: Member; address: string; key: string }> {
    const where = listen ?? (host === undefined ? '127.0.0.1:0' : '0.0.0.0:7777');
    const run = new Natter(
      [
        ...['ring', '--name', this.community, '--nick', nick, '--listen', where],
        ...['--data', this.dataOf(nick), '--json', ...args],
      ],
      host === undefined ? {} : { within: host.within },
    );
    const member = new Member(nick, run);
    this.members.push(member);
    const listening = await run.first('listening');
    return { member, address: `127.0.0.1:${listening.port}`, key: String(listening.key) };
  }

  async close(): Promise<void> {
    for (const { run } of this.members) run.kill('SIGKILL');
    await Promise.all(this.members.map(({ run }) => run.exit));
    this.#folder.remove();
  }
}
