/** Real peers of a ring on loopback: `natter ring --json` as processes, each in a data folder of its own. */
import { join } from 'node:path';
import { type Line, Natter, temporaryFolder } from './natter.js';

export class RingPeers {
  readonly #folder = temporaryFolder();
  readonly #runs: RingRun[] = [];

  /** Starts one and waits until it listens. */
  async start(nick: string, args: readonly string[] = [], community = 'walkers'): Promise<RingRun> {
    const data = join(this.#folder.path, nick);
    const fixed = ['--listen', '127.0.0.1:0', '--nick', nick, '--json', '--data', data];
    const named = args.includes('--join') ? [] : ['--name', community];
    const run = new RingRun(new Natter(['ring', ...named, ...fixed, ...args]));
    this.#runs.push(run);
    await run.listening();
    return run;
  }

  /** Ends what still runs, and takes everything away. */
  async close(): Promise<void> {
    for (const { natter } of this.#runs) natter.kill('SIGKILL');
    await Promise.all(this.#runs.map(({ natter }) => natter.exit));
    this.#folder.remove();
  }
}

export class RingRun {
  readonly natter: Natter;
  /** HOST:PORT. */
  at = '';

  constructor(natter: Natter) {
    this.natter = natter;
  }

  async listening(): Promise<void> {
    const { host, port } = await this.natter.first('listening');
    this.at = `${host}:${port}`;
  }

  type(...lines: readonly string[]): void {
    this.natter.child.stdin.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** The first line of this event with these fields. */
  async line(event: string, fields: Readonly<Record<string, unknown>>): Promise<Line> {
    const found = () =>
      this.natter
        .events(event)
        .find((line) => Object.entries(fields).every(([key, value]) => line[key] === value));
    await this.natter.until(`${event} ${JSON.stringify(fields)}`, () => found() !== undefined);
    return found() as Line;
  }

  texts(room = '#lobby'): unknown[] {
    return this.natter
      .events('message')
      .filter((line) => line.room === room)
      .map(({ text }) => text);
  }

  /** Ends the input, and waits for the exit code. */
  leave(): Promise<number> {
    this.natter.child.stdin.end();
    return this.natter.exit;
  }
}
