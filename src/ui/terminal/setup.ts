/** The first screen: a name, then either a server on this machine at once, or the way to another one. */
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, Credentials } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';
import type { Surface } from './cells.js';
import { type Button, type Choice, type Field, Form, field } from './form.js';
import { KeptTokens } from './kept-tokens.js';
import { actionOf } from './keys.js';
import type { Cursor } from './screen.js';
import type { Token } from './sequences.js';
import type { Theme } from './theme.js';
import { wrap } from './wrap.js';

/** A server is asked whether it is there when its address stood still this long; ms. */
const PROBE_AFTER_MS = 400;
const WIDTH = 76;
const NEWCOMER =
  'Write your password; if you have no account there yet, choose one, and "register" below it.';

/** What is known before anybody typed. */
export interface SetupStart {
  readonly server?: string;
  readonly user?: string;
  readonly password?: string;
  readonly register?: boolean;
  readonly remember?: boolean;
  /** The server is one that this program starts itself. */
  readonly here?: boolean;
  /** The ring one was in last, and whether that was the last thing. */
  readonly ring?: string;
  readonly goesTo?: 'ring';
  /** The person wants to be asked, whatever is known. */
  readonly isAsked?: boolean;
}

/** A ring that a person wants to start or to be in. */
export interface RingWish {
  /** A community's name, or an invite link. */
  readonly ring: string;
  readonly nick: string;
}

export interface SetupOptions {
  readonly start: SetupStart;
  /** Stands in the name field when no user is known. */
  readonly suggestedName: string;
  readonly commands: ClientCommands;
  /** Starts a server on this machine. @returns its address */
  readonly embedded: () => Promise<string>;
  /** Starts or joins a ring, and shows it. */
  readonly ring: (wish: RingWish) => Promise<void>;
  /** A password for an account on one's own machine, which only this device will ever use. */
  readonly newPassword: () => string;
  readonly theme: Theme;
  readonly invalidate: () => void;
  readonly done: () => void;
  readonly quit: () => void;
}

export class Setup {
  readonly #options: SetupOptions;
  readonly #name: Field;
  readonly #ring: Field;
  readonly #server: Field;
  readonly #password: Field;
  readonly #account: Choice;
  readonly #remember: Choice;
  readonly #form: Form;
  #message = '';
  #isError = false;
  #isBusy = false;
  /** Typed on the way out of here, and so meant for what comes next. */
  readonly early = new KeptTokens();
  #probeTimer: NodeJS.Timeout | undefined;
  #probed = '';

  constructor(options: SetupOptions) {
    this.#options = options;
    const { start } = options;
    const server = start.here ? undefined : start.server;
    this.#name = field('Your name', start.user ?? options.suggestedName);
    this.#ring = field('Ring', start.ring ?? '');
    this.#server = field('Server', server ?? '');
    this.#password = field('Password', start.password ?? '', true);
    this.#account = {
      kind: 'choice',
      label: 'Account',
      options: ['log in', 'register'],
      chosen: start.register ? 1 : 0,
    };
    this.#remember = {
      kind: 'choice',
      label: 'Remember me',
      options: ['yes', 'no'],
      chosen: start.remember === false ? 1 : 0,
    };
    const here: Button = {
      kind: 'button',
      label: 'Try it here',
      explanation: 'starts a server on this machine; nothing else is needed',
      press: () => this.#enter(() => this.#tryHere()),
    };
    const ring: Button = {
      kind: 'button',
      label: 'Start or join a ring',
      explanation: 'its name, or the link you were given',
      press: () => this.#run(() => this.#joinRing()),
    };
    const connect: Button = {
      kind: 'button',
      label: 'Connect',
      explanation: '',
      press: () => this.#enter(() => this.#connect()),
    };
    const gap = { kind: 'label', text: '' } as const;
    this.#form = new Form(
      [
        this.#name,
        gap,
        here,
        gap,
        { kind: 'label', text: 'or go to a server somebody runs:' },
        this.#server,
        this.#password,
        this.#account,
        this.#remember,
        gap,
        connect,
        gap,
        { kind: 'label', text: 'or talk in a ring, where nobody is in charge:' },
        this.#ring,
        ring,
      ],
      server === undefined
        ? start.ring === undefined
          ? here
          : ring
        : start.user === undefined
          ? this.#name
          : this.#password,
    );
    this.#probeSoon();
  }

  /** With a server or a ring and a name known, tries at once: what is remembered needs no form. */
  begin(): void {
    const { server, user, here, ring, goesTo, isAsked } = this.#options.start;
    if (isAsked) return;
    if (goesTo === 'ring' && ring !== undefined && user !== undefined) this.#run(() => this.#joinRing());
    if (server === undefined || user === undefined) return;
    this.#enter(() => (here ? this.#tryHere() : this.#connect()));
  }

  close(): void {
    clearTimeout(this.#probeTimer);
  }

  handle(token: Token): void {
    const action = actionOf(token);
    this.#options.invalidate();
    if (action === 'interrupt' || action === 'endOfInput') this.#options.quit();
    else if (this.#isBusy) this.early.keep(token);
    else {
      this.#form.handle(token);
      this.#probeSoon();
    }
  }

  paint(surface: Surface): Cursor | undefined {
    const { theme } = this.#options;
    const x = Math.max(1, Math.floor((surface.width - WIDTH) / 2));
    const y = Math.max(0, Math.floor((surface.height - this.#form.parts.length - 6) / 2));
    surface.text(x + 2, y, 'natter', theme.bold);
    surface.text(x + 10, y, 'talk from terminal to terminal', theme.dim);
    const look = this.#isError ? theme.warning : theme.plain;
    const text = this.#isError ? `! ${this.#message}` : this.#message;
    const message = wrap(text, Math.min(WIDTH, surface.width - x) - 4);
    // What goes wrong is said below the form, which makes room for it where there is little.
    const height = Math.min(this.#form.parts.length, Math.max(1, surface.height - y - 4 - message.length));
    const cursor = this.#form.paint(surface, { x, y: y + 2, height }, theme);
    for (const [at, line] of message.entries()) surface.text(x + 2, y + 3 + height + at, line, look);
    const keys = 'Up/Down move   Enter go   Left/Right choose   Ctrl+C quit';
    surface.text(x + 2, surface.height - 1, keys, theme.dim);
    return this.#isBusy ? undefined : cursor;
  }

  /** Work after which the person is at a server. */
  #enter(work: () => Promise<void>): void {
    this.#run(async () => {
      await work();
      this.#options.done();
    });
  }

  #run(work: () => Promise<void>): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#isError = false;
    work()
      .catch((error: unknown) => {
        this.early.take();
        this.#isError = true;
        this.#message = sanitiseLine(error instanceof Error ? error.message : String(error));
        if (!(error instanceof NatterError)) this.#message = `Something went wrong: ${this.#message}`;
        if (this.#password.editor.isEmpty && !this.#server.editor.isEmpty) this.#form.focus(this.#password);
      })
      .finally(() => {
        this.#isBusy = false;
        this.#options.invalidate();
      });
  }

  #tell(message: string): void {
    this.#message = message;
    this.#options.invalidate();
  }

  async #tryHere(): Promise<void> {
    const { commands, embedded, newPassword } = this.#options;
    const user = this.#user();
    this.#tell('Starting a server on this machine..');
    const server = await embedded();
    this.#tell('Going to its lobby..');
    const known = { user, register: false, remember: true };
    try {
      await commands.login(server, known);
    } catch (error) {
      if (!isNotKnown(error)) throw error;
      await commands.login(server, { ...known, register: true, password: newPassword() });
    }
  }

  async #joinRing(): Promise<void> {
    const nick = this.#user();
    const ring = this.#ring.editor.text.trim();
    if (ring === '') {
      this.#form.focus(this.#ring);
      throw new NatterError('NAME_EMPTY', 'Write the name of a ring to start or join, or an invite link.');
    }
    this.#tell('Going to the ring..');
    await this.#options.ring({ ring, nick });
  }

  async #connect(): Promise<void> {
    const server = this.#server.editor.text.trim();
    if (server === '') throw new NatterError('BAD_ADDRESS', 'Write the server as host:port.');
    const password = this.#password.editor.text;
    const credentials: Credentials = {
      user: this.#user(),
      register: this.#account.chosen === 1,
      remember: this.#remember.chosen === 0,
      ...(password === '' ? {} : { password }),
    };
    this.#tell(`Connecting to ${sanitiseLine(server)}..`);
    await this.#options.commands.login(server, credentials).catch((error: unknown) => {
      throw this.#isNewcomer(error) ? new NatterError('NOT_LOGGED_IN', NEWCOMER) : error;
    });
  }

  /** No password was given, and none would have helped: nothing of this device is known there. */
  #isNewcomer(error: unknown): boolean {
    const isUnknown = error instanceof NatterError && error.code === 'DEVICE_UNKNOWN';
    return isUnknown && this.#password.editor.isEmpty;
  }

  #user(): string {
    const user = this.#name.editor.text.trim();
    if (user !== '') return user;
    this.#form.focus(this.#name);
    throw new NatterError('NAME_EMPTY', 'Write the name you want to be known by.');
  }

  #probeSoon(): void {
    const server = this.#server.editor.text.trim();
    if (server === this.#probed) return;
    this.#probed = server;
    this.#server.remark = '';
    clearTimeout(this.#probeTimer);
    if (server === '') return;
    this.#probeTimer = setTimeout(() => this.#probe(server), PROBE_AFTER_MS);
  }

  #probe(server: string): void {
    const say = (remark: string) => {
      if (server === this.#probed) this.#server.remark = remark;
      this.#options.invalidate();
    };
    say('looking..');
    this.#options.commands.probe(server).then(
      ({ lagMs, known }) => say(`reachable, ${lagMs.toFixed(1)} ms${known ? '' : ', new to you'}`),
      () => say('not reachable'),
    );
  }
}

/** The device is not known there: it may register. */
function isNotKnown(error: unknown): boolean {
  const codes = ['DEVICE_UNKNOWN', 'NO_SUCH_USER', 'WRONG_PASSWORD', 'NOT_LOGGED_IN'];
  return error instanceof NatterError && codes.includes(error.code);
}
