/** The screen after logging in: turns keys into moving and saying, and events into what is seen. */

import { homedir } from 'node:os';
import { complete } from '../../chat/complete.js';
import { type EmojiBook, loadEmoji } from '../../chat/emoji.js';
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, ClientEvent, Target } from '../../chat/events.js';
import { Bell } from './bell.js';
import type { Surface } from './cells.js';
import { candidatesOf } from './completer.js';
import { Composer } from './composer.js';
import { answerConfirm, type Confirm } from './confirm.js';
import { KeptTokens } from './kept-tokens.js';
import { type Action, actionOf, isEverywhere } from './keys.js';
import type { Panels } from './layout.js';
import type { MachineSource } from './machine-source.js';
import { Model } from './model.js';
import { Navigator } from './navigator.js';
import { Older } from './older.js';
import { Overlays } from './overlays.js';
import type { OwnPeer } from './own-peer.js';
import { Pace, PROGRESS_EVERY_MS } from './pace.js';
import { completePath } from './paths.js';
import type { ColourDepth } from './picture.js';
import type { Look } from './previews.js';
import { Reader } from './reader.js';
import { roomAt } from './rooms.js';
import type { Cursor } from './screen.js';
import type { Token } from './sequences.js';
import { Shell } from './shell.js';
import type { Theme } from './theme.js';
import { drawScene, type Glyphs, layoutOf, type Scene } from './view.js';

const WHEEL_ROWS = 3;

/** What the dashboard needs of what it is shown on. */
export interface Stage {
  readonly width: number;
  readonly height: number;
  invalidate(): void;
  redraw(): void;
  bell(): void;
  /** Puts a text where it can be pasted from, if the terminal lets it. */
  copy(text: string): void;
  setMouse(isOn: boolean): void;
}

export interface DashboardOptions {
  readonly stage: Stage;
  readonly commands: ClientCommands;
  /** Of a peer of the ring; undefined with a server. */
  readonly ring?: OwnPeer;
  /** What runs in this process. */
  readonly machines: MachineSource;
  readonly theme: Theme;
  readonly glyphs: Glyphs;
  readonly depth: ColourDepth;
  readonly look: Look;
  /** ms since 1970. */
  readonly now: () => number;
  readonly quit: () => void;
}

export class Dashboard {
  readonly model: Model;
  readonly #options: DashboardOptions;
  readonly #shell: Shell;
  readonly #composer: Composer;
  readonly #older: Older;
  readonly #reader: Reader;
  readonly #navigator: Navigator;
  readonly #overlays: Overlays;
  readonly #pace: Pace;
  readonly #bell: Bell;
  readonly #moves: Partial<Record<Action, () => void>>;
  #panels: Panels = { rooms: true, members: true };
  #emoji: EmojiBook | undefined;
  readonly #early = new KeptTokens();
  #isHelpShown = false;
  #isMouseOn = false;
  #isFocused = true;
  #confirm: Confirm | undefined;

  constructor(options: DashboardOptions) {
    this.#options = options;
    const { stage, commands, ring, machines, now } = options;
    this.model = new Model(homedir(), ring);
    this.#moves = this.#movesOf(stage);
    this.#navigator = new Navigator(this.model, commands);
    this.#bell = new Bell(() => stage.bell());
    this.#pace = new Pace(PROGRESS_EVERY_MS, () => stage.invalidate());
    this.#reader = new Reader(this.model, options, () => this.#layout().chat);
    this.#older = new Older(commands, now, () => stage.invalidate());
    this.#composer = new Composer({
      now,
      find: (line, cursor) =>
        completePath(line, cursor) ?? complete(line, cursor, candidatesOf(this.model, this.#emoji)),
      changed: () => stage.invalidate(),
      send: (text) => this.#send(text),
      typing: () => this.#tellTyping(),
    });
    this.#overlays = new Overlays({
      ring,
      machines,
      copy: (text) => stage.copy(text),
      model: this.model,
      commands,
      composer: this.#composer,
      look: options.look,
      now,
      paneArea: () => this.#layout().chat,
      changed: () => stage.invalidate(),
      confirm: (confirm) => {
        this.#confirm = confirm;
        stage.invalidate();
      },
      run: (work) => work.then(() => stage.invalidate(), this.#fail),
      again: (token) => this.handle(token),
    });
    this.#shell = new Shell({
      model: this.model,
      commands,
      ...(ring === undefined ? {} : { ring }),
      machines,
      now,
      ...this.#overlays.commands,
      note: (text) => this.model.note(text, now()),
      open: (room) => this.#goTo(room),
      wrote: (room) => this.#goTo(room),
      ask: (question, isSecret) => {
        stage.invalidate();
        return this.#composer.ask(question, isSecret);
      },
      quit: () => {
        if (this.model.transfers.underWay.length === 0) options.quit();
        else this.#askToQuit();
      },
    });
    // Loaded after the first frame stands; until then Tab offers no emoji.
    loadEmoji().then((book) => {
      this.#emoji = book;
    }, this.#fail);
  }

  /** Takes in what the client tells. */
  apply(event: ClientEvent): void {
    const { stage, now } = this.#options;
    this.#noticeReading();
    const effect = this.model.apply(event, now());
    if (effect.effect === 'opened') {
      this.#opened(effect.room).catch(this.#fail);
      for (const token of this.#early.take()) this.handle(token);
    }
    if (event.event === 'welcome') this.#welcomed();
    if (event.event === 'ring') this.#overlays.ring.look();
    if (effect.effect === 'received') this.#overlays.files.show(effect.entry, false).catch(this.#fail);
    const isCall = effect.effect === 'mention' || effect.effect === 'offered';
    if (isCall) this.#bell.call(now());
    if (effect.effect === 'progress') this.#pace.want();
    else stage.invalidate();
  }

  /** Draws a frame, and does what follows from what is seen in it: reading, fetching what is older. */
  paint(surface: Surface): Cursor | undefined {
    const conversation = this.model.current;
    this.#read();
    const { cursor, isAtTop } = drawScene(this.#scene(), surface);
    if (conversation !== undefined && isAtTop && this.model.link.state === 'live')
      this.#older.fetch(conversation);
    return this.#isHelpShown ? undefined : cursor;
  }

  handle(token: Token): void {
    this.#options.stage.invalidate();
    const confirm = this.#confirm;
    if (token.type === 'focus') this.#isFocused = token.on;
    else if (token.type === 'mouse') this.#mouse(token);
    else if (confirm !== undefined) {
      this.#confirm = undefined;
      answerConfirm(confirm, token);
    } else if (this.#isHelpShown) this.#isHelpShown = false;
    else if (this.#isEarly(token)) this.#early.keep(token);
    else if (this.#overlays.handle(token)) return;
    else if (token.type === 'key') this.#act(actionOf(token));
    else this.#composer.type(token.text);
  }

  /** Logged in, but not in the lobby yet: what is typed is meant for it. */
  #isEarly(token: Token): boolean {
    const action = actionOf(token);
    return this.model.current === undefined && (action === undefined || !isEverywhere(action));
  }

  #scene(): Scene {
    return {
      model: this.model,
      pane: this.#reader.pane,
      editor: this.#composer.editor,
      completer: this.#composer.completer,
      question: this.#composer.question,
      panels: this.#panels,
      ...this.#overlays.scene,
      isHelpShown: this.#isHelpShown,
      isMouseOn: this.#isMouseOn,
      hint: this.#confirm?.text ?? '',
      now: this.#options.now(),
      theme: this.#options.theme,
      glyphs: this.#options.glyphs,
      depth: this.#options.depth,
    };
  }

  #movesOf(stage: Stage): Partial<Record<Action, () => void>> {
    const askToQuit = () => this.#askToQuit();
    return {
      files: () => this.#overlays.files.panel.open(),
      ring: () => this.#send('/ring'),
      machines: () => this.#send('/machines'),
      interrupt: askToQuit,
      endOfInput: askToQuit,
      pageUp: () => this.#reader.page(-1),
      pageDown: () => this.#reader.page(1),
      toEnd: () => this.#reader.pane.toEnd(),
      toStart: () => this.#reader.show(this.model.current?.timeline.items[0]),
      nextRoom: () => this.#navigator.step(1),
      previousRoom: () => this.#navigator.step(-1),
      nextActive: () => this.#navigator.open(this.model.nextActive()?.room),
      firstUnread: () => this.#toFirstUnread(),
      toggleRooms: () => {
        this.#panels = { ...this.#panels, rooms: !this.#panels.rooms };
      },
      toggleMembers: () => this.#toggleMembers(),
      toggleMouse: () => {
        this.#isMouseOn = !this.#isMouseOn;
        stage.setMouse(this.#isMouseOn);
      },
      redraw: () => stage.redraw(),
      help: () => {
        this.#isHelpShown = true;
      },
    };
  }

  #goTo(room: Target): void {
    this.#navigator.open(room);
    this.#options.stage.invalidate();
  }

  #act(action: Action | undefined): void {
    if (action === undefined || this.#composer.act(action)) return;
    if (action.startsWith('room')) this.#navigator.openNumber(Number(action.slice(4)));
    else this.#moves[action]?.();
  }

  #askToQuit(): void {
    const count = this.model.transfers.underWay.length;
    const files = count === 1 ? 'One file goes on next time.' : `${count} files go on next time.`;
    this.#confirm = {
      text: `Quit?${count === 0 ? '' : ` ${files}`} y or Ctrl+C quits, any other key stays.`,
      also: ['interrupt', 'endOfInput'],
      yes: this.#options.quit,
    };
  }

  /** Says or does what was entered; an empty line retries what failed. */
  #send(text: string): void {
    const { stage } = this.#options;
    this.#reader.pane.toEnd();
    const work = text === '' ? this.#shell.retry() : this.#shell.enter(text);
    work.then(
      () => stage.invalidate(),
      (error: unknown) => {
        // Words that could not be said come back to be mended, unless something new is being written. A command
        // stays in the history only: before the next words it would be said to everybody with them.
        if (this.#composer.editor.isEmpty && !text.startsWith('/')) this.#composer.editor.set(text);
        this.#fail(error);
      },
    );
  }

  readonly #fail = (error: unknown): void => {
    const text = error instanceof NatterError ? error.message : `Something went wrong: ${String(error)}`;
    this.model.note(text, this.#options.now(), true);
    this.#reader.pane.toEnd();
    this.#options.stage.invalidate();
  };

  #tellTyping(): void {
    const room = this.model.current?.room;
    // Nobody waits for it: whether it arrives does not matter.
    if (room !== undefined) this.#options.commands.typing(room, true).catch(() => undefined);
  }

  #welcomed(): void {
    this.#overlays.files.load();
    // Without an answer the link is down, which the status bar says; the next welcome asks again.
    this.#navigator.lookAround(this.#options.now).then(
      () => this.#options.stage.invalidate(),
      () => undefined,
    );
  }

  /** Who is in it is told once; presence keeps it up to date. */
  async #opened(room: Target): Promise<void> {
    const members = await this.#navigator.opened(room);
    if (members !== undefined) this.apply({ event: 'members', room, members });
  }

  #layout(panels = this.#panels) {
    const { stage } = this.#options;
    return layoutOf({ ...this.#scene(), panels }, stage.width, stage.height);
  }

  #toFirstUnread(): void {
    if (this.model.current?.newAfter === undefined) this.#navigator.open(this.model.nextActive()?.room);
    const conversation = this.model.current;
    if (conversation?.newAfter === undefined) return;
    this.#reader.show(conversation.timeline.after(conversation.newAfter));
  }

  /** Where there is no room for the column, the members are listed in the conversation. */
  #toggleMembers(): void {
    const isShown = this.#layout().members !== undefined;
    const isPossible = this.#layout({ ...this.#panels, members: true }).members !== undefined;
    if (isPossible) this.#panels = { ...this.#panels, members: !isShown };
    else this.#send('/names');
  }

  #mouse(token: Token & { type: 'mouse' }): void {
    // What stands under the panel is not to be hit.
    if (this.#overlays.isShown) return;
    if (token.kind === 'wheelUp') this.#reader.scroll(-WHEEL_ROWS);
    else if (token.kind === 'wheelDown') this.#reader.scroll(WHEEL_ROWS);
    if (token.kind !== 'press') return;
    const { rooms } = this.#layout();
    if (rooms !== undefined && token.x < rooms.width)
      this.#navigator.open(roomAt(this.model, token.y - rooms.y, rooms.height)?.room);
  }

  #noticeReading(): void {
    this.model.isReading =
      this.#isFocused && this.#reader.pane.isAtEnd && !this.#isHelpShown && !this.#overlays.isShown;
  }

  /** What is seen at the end of a focused conversation is read, here and on one's other devices. */
  #read(): void {
    this.#noticeReading();
    const room = this.model.current?.room;
    const seq = this.model.markRead();
    // Lost is harmless: the next one says more.
    if (room !== undefined && seq > 0) this.#options.commands.read(room, seq).catch(() => undefined);
  }
}
