import { mkdirSync } from 'node:fs';
import { Natter, register, serve, temporaryFolder } from './natter.js';

/** A real server and what people run against it, each a process of the real command line, all in one folder. */
export class Party {
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly #runs = new Set<Natter>();
  server: Natter;
  readonly port: number;

  /** Starts a server on loopback and registers these people. */
  static async open(users: readonly string[]): Promise<Party> {
    const folder = temporaryFolder();
    const { run, port } = await serve(`${folder.path}/server`, METRICS);
    const party = new Party(folder, run, port);
    for (const user of users) await party.register(user);
    return party;
  }

  private constructor(folder: ReturnType<typeof temporaryFolder>, server: Natter, port: number) {
    this.#folder = folder;
    this.server = server;
    this.port = port;
  }

  get at(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** For commands that go over the relay at `at`, it must be over that: to a client it is a server of its own. */
  register(user: string, at = this.at): Promise<void> {
    return register(at, user, this.path(user));
  }

  /** Below the folder of the party. */
  path(name: string): string {
    return `${this.#folder.path}/${name}`;
  }

  /** A folder for files, made at once. */
  folder(name: string): string {
    mkdirSync(this.path(name), { recursive: true });
    return this.path(name);
  }

  /** A command as one of the people, over the relay at `at` or straight. */
  run(user: string, args: readonly string[], at = this.at): Natter {
    const [command = '', ...rest] = args;
    const to = ['--server', at, '--user', user, '--data', this.path(user), '--json'];
    const run = new Natter([command, ...to, ...rest], { input: '' });
    this.#runs.add(run);
    return run;
  }

  put(user: string, to: string, path: string, at?: string): Natter {
    return this.run(user, ['put', '--to', to, path], at);
  }

  /** `get` that is waiting already. */
  async get(user: string, into: string, args: readonly string[] = [], at?: string): Promise<Natter> {
    const run = this.run(user, ['get', '--into', into, ...args], at);
    await run.first('ready');
    return run;
  }

  /** Ends the server as a power cut would. */
  async killServer(): Promise<void> {
    this.server.kill('SIGKILL');
    await this.server.exit;
  }

  /** Starts it again on the same port and data. */
  async restartServer(): Promise<void> {
    this.server = (await serve(this.path('server'), METRICS, this.port)).run;
  }

  /** A figure of the server. @throws Error when it has none of that name */
  async metric(name: string): Promise<number> {
    const listening = await this.server.first('listening');
    const text = await (await fetch(`http://${String(listening.metrics)}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    if (line === undefined) throw new Error(`the server tells no ${name}`);
    return Number(line.slice(name.length));
  }

  /** Ends every command that still runs. */
  async stopCommands(): Promise<void> {
    for (const run of this.#runs) run.kill('SIGKILL');
    await Promise.all([...this.#runs].map((run) => run.exit));
    this.#runs.clear();
  }

  async close(): Promise<void> {
    await this.stopCommands();
    this.server.kill();
    await this.server.exit;
    this.#folder.remove();
  }
}

const METRICS = ['--metrics', '127.0.0.1:0'];
