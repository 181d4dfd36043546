/** The terminal client over a client that does what the test says, in a pseudo-terminal. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/actors/inspect/inspectable.js';
import type {
  ClientCommands,
  ClientEvent,
  GroupCommands,
  Message,
  RingCommands,
  Room,
  Transfer,
} from '../../src/chat/events.js';
import { Terminal, type Widths } from './terminal.js';

const PROGRAM = fileURLToPath(new URL('./fake-terminal-program.mjs', import.meta.url));
/** Sun 22 Nov 2026, 12:08 UTC. */
export const NOW = Date.UTC(2026, 10, 22, 12, 8);

export interface Call {
  readonly call:
    | keyof (ClientCommands & GroupCommands & RingCommands)
    | 'embedded'
    | 'joinRing'
    | 'stop'
    | 'look'
    | 'wish'
    | 'lookAway';
  readonly args: readonly unknown[];
}

export interface FakeOptions {
  readonly columns: number;
  readonly rows: number;
  readonly widths?: Widths;
  readonly env?: Readonly<Record<string, string>>;
  /** What is said after the client has ended, through a shell: `stty -a`, say. */
  readonly after?: string;
  /** A program with its arguments that runs the client: tmux, say. */
  readonly wrap?: readonly string[];
}

export class FakeTerminal {
  readonly terminal: Terminal;
  readonly calls: Call[] = [];
  readonly #server: Server;
  readonly #socket: Socket;
  #pid = 0;
  #onCall = () => {};

  private constructor(terminal: Terminal, server: Server, socket: Socket) {
    this.terminal = terminal;
    this.#server = server;
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => {
      const told = JSON.parse(line) as Call | { readonly pid: number };
      if ('pid' in told) this.#pid = told.pid;
      else this.calls.push(told);
      this.#onCall();
    });
  }

  static async start(options: FakeOptions): Promise<FakeTerminal> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = {
      FAKE_CONTROL_PORT: String((server.address() as AddressInfo).port),
      FAKE_NOW: String(NOW),
      USER: 'mia',
      ...options.env,
    };
    const { wrap = [], after } = options;
    const client = [process.execPath, PROGRAM];
    const shown = after === undefined ? client : ['/bin/sh', '-c', `'${client.join("' '")}'; ${after}`];
    const [command = '', ...args] = [...wrap, ...shown];
    const { columns, rows, widths = '11' } = options;
    const terminal = new Terminal({ command, args, columns, rows, widths, env });
    const [socket] = (await once(server, 'connection')) as [Socket];
    const fake = new FakeTerminal(terminal, server, socket);
    while (fake.#pid === 0) await fake.next();
    return fake;
  }

  /** Past the setup screen, in a lobby with a few people. */
  static async inLobby(options: FakeOptions): Promise<FakeTerminal> {
    const fake = await FakeTerminal.start(options);
    await fake.terminal.waitFor('Try it here');
    fake.terminal.type('\r');
    await fake.called('login');
    fake.emit({ event: 'link', state: 'live', lagMs: 42, sinceMs: 0, detail: '' });
    fake.emit({ event: 'room', room: room('#lobby', { kind: 'lobby', topic: 'Welcome' }) });
    await fake.terminal.waitFor('mia >');
    await fake.called('who');
    return fake;
  }

  /** In the lobby of a ring, as `natter ring` shows it. */
  static async inRing(options: FakeOptions): Promise<FakeTerminal> {
    const fake = await FakeTerminal.start({ ...options, env: { ...options.env, FAKE_RING: '1' } });
    fake.emit({ event: 'welcome', user: 'mia', account: 'mmmm-aaaa' });
    fake.emit({ event: 'room', room: room('#lobby', { kind: 'lobby' }) });
    await fake.terminal.waitFor('mia >');
    await fake.called('who');
    return fake;
  }

  emit(event: ClientEvent): void {
    this.#order({ emit: event });
  }

  /** What is told of the machines of the process, while they are watched. */
  show(report: Report): void {
    this.#order({ report });
  }

  /** So late it is from now on, ms since 1970. */
  at(now: number): void {
    this.#order({ now });
  }

  /** What a command answers from now on. */
  answer(call: Call['call'], answer: { value: unknown } | { fail: string; message: string }): void {
    this.#order({ answer: call, ...answer });
  }

  /** Sends a signal to the client itself, not to a shell around it. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.#pid, name);
  }

  crash(how: 'exception' | 'rejection' | 'exit'): void {
    this.#order({ crash: how });
  }

  /** Waits until a command was called, this often. */
  async called(call: Call['call'], times = 1): Promise<readonly unknown[]> {
    const matching = () => this.calls.filter((each) => each.call === call);
    while (matching().length < times) await this.next();
    return matching()[times - 1]?.args ?? [];
  }

  async close(): Promise<void> {
    await this.terminal.close();
    this.#socket.destroy();
    this.#server.close();
  }

  /** Waits until some command is called. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#onCall = resolve;
    });
  }

  #order(order: object): void {
    this.#socket.write(`${JSON.stringify(order)}\n`);
  }
}

export function room(name: string, more: Partial<Room> = {}): Room {
  const kind = name.startsWith('@') ? 'direct' : 'room';
  return { room: name, kind, topic: '', head: 0, cursor: 0, unread: 0, mentions: 0, members: 3, ...more };
}

export function message(seq: number, text: string, more: Partial<Message> = {}): ClientEvent {
  return {
    event: 'message',
    history: false,
    message: {
      room: '#lobby',
      seq,
      id: `m${seq}`,
      from: 'ana',
      text,
      at: NOW - 60_000,
      kind: 'text',
      mine: false,
      delivery: 'ok',
      ...more,
    },
  };
}

/** Of the file f1: 4 MB from bo, privately, unless said otherwise. */
export function transfer(more: Partial<Transfer> = {}): ClientEvent & { readonly event: 'transfer' } {
  const file = { id: 'f1', name: 'photo.png', size: 4_000_000, type: 'image/png' };
  const fixed = { direction: 'in', state: 'offered', room: '@bo', from: 'bo', to: 'mia' } as const;
  return {
    event: 'transfer',
    transfer: { ...file, ...fixed, bytes: 0, rate: 0, repeated: 0, at: NOW - 60_000, ...more },
  };
}

/** The entry of the same file. */
export function fileMessage(seq: number, more: Partial<Message> = {}): ClientEvent {
  const file = { id: 'f1', name: 'photo.png', size: 4_000_000, type: 'image/png' };
  return message(seq, 'photo.png', { kind: 'file', from: 'bo', room: '@bo', file, ...more });
}
