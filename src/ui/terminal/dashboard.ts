/** The screen after logging in: turns keys into moving and saying, and events into what is seen. */
import { type EmojiBook, loadEmoji } from '../../chat/emoji.js';
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, ClientEvent, Target } from '../../chat/events.js';
import type { Surface } from './cells.js';
import { candidatesOf } from './completer.js';
import { Composer } from './composer.js';
import { type Action, actionOf } from './keys.js';
import type { Panels } from './layout.js';
import { type Conversation, Model } from './model.js';
import { Older } from './older.js';
import { Pane } from './pane.js';
import { roomAt } from './rooms.js';
import type { Cursor } from './screen.js';
import type { Token } from './sequences.js';
import { Shell } from './shell.js';
import type { Theme } from './theme.js';
import type { Item } from './timeline.js';
import { drawScene, type Glyphs, layoutOf, type Scene, sourceOf } from './view.js';

/** The bell rings at most this often; ms. */
const BELL_EVERY_MS = 2_000;
const WHEEL_ROWS = 3;
const QUIT_QUESTION = 'Quit? Ctrl+C again or y quits, any other key stays.';

/** What the dashboard needs of what it is shown on. */
export interface Stage {
  readonly width: number;
  readonly height: number;
  invalidate(): void;
  redraw(): void;
  bell(): void;
  setMouse(isOn: boolean): void;
}

export interface DashboardOptions {
  readonly stage: Stage;
  readonly commands: ClientCommands;
  readonly theme: Theme;
  readonly glyphs: Glyphs;
  /** ms since 1970. */
  readonly now: () => number;
  readonly quit: () => void;
}

export class Dashboard {
  readonly model = new Model();
  readonly #options: DashboardOptions;
  readonly #shell: Shell;
  readonly #composer: Composer;
  readonly #older: Older;
  readonly #panes = new WeakMap<Conversation, Pane<Item>>();
  readonly #moves: Partial<Record<Action, () => void>>;
  #panels: Panels = { rooms: true, members: true };
  #emoji: EmojiBook | undefined;
  #isHelpShown = false;
  #isMouseOn = false;
  #isFocused = true;
  #isQuitAsked = false;
  /** A conversation to go to as soon as it is there. */
  #wanted: Target | undefined;
  #rangAt = 0;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#moves = this.#movesOf(options.stage);
    this.#older = new Older(options.commands, options.now, () => options.stage.invalidate());
    this.#composer = new Composer({
      now: options.now,
      candidates: () => candidatesOf(this.model, this.#emoji),
      send: (text) => this.#send(text),
      typing: () => this.#tellTyping(),
    });
    this.#shell = new Shell({
      model: this.model,
      commands: options.commands,
      note: (text) => this.model.note(text, options.now()),
      open: (room) => this.#open(room),
      ask: (question, isSecret) => {
        options.stage.invalidate();
        return this.#composer.ask(question, isSecret);
      },
      quit: options.quit,
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
    if (effect.effect === 'opened') this.#opened(effect.room);
    if (effect.effect === 'mention' && now() - this.#rangAt >= BELL_EVERY_MS) {
      this.#rangAt = now();
      stage.bell();
    }
    stage.invalidate();
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
    if (token.type === 'focus') this.#isFocused = token.on;
    else if (token.type === 'mouse') this.#mouse(token);
    else if (this.#isQuitAsked) this.#answerQuit(token);
    else if (this.#isHelpShown) this.#isHelpShown = false;
    else if (token.type === 'key') this.#act(actionOf(token));
    else this.#composer.type(token.text);
  }

  get #pane(): Pane<Item> {
    const conversation = this.model.current;
    const known = conversation === undefined ? undefined : this.#panes.get(conversation);
    if (known !== undefined) return known;
    const pane = new Pane<Item>();
    if (conversation !== undefined) this.#panes.set(conversation, pane);
    return pane;
  }

  #scene(): Scene {
    return {
      model: this.model,
      pane: this.#pane,
      editor: this.#composer.editor,
      completer: this.#composer.completer,
      question: this.#composer.question,
      panels: this.#panels,
      isHelpShown: this.#isHelpShown,
      isMouseOn: this.#isMouseOn,
      hint: this.#isQuitAsked ? QUIT_QUESTION : '',
      now: this.#options.now(),
      theme: this.#options.theme,
      glyphs: this.#options.glyphs,
    };
  }

  #movesOf(stage: Stage): Partial<Record<Action, () => void>> {
    const askToQuit = () => {
      this.#isQuitAsked = true;
    };
    return {
      interrupt: askToQuit,
      endOfInput: askToQuit,
      pageUp: () => this.#page(-1),
      pageDown: () => this.#page(1),
      toEnd: () => this.#pane.toEnd(),
      toStart: () => this.#show(this.model.current?.timeline.items[0]),
      nextRoom: () => this.#step(1),
      previousRoom: () => this.#step(-1),
      nextActive: () => this.#open(this.model.nextActive()?.room),
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

  #act(action: Action | undefined): void {
    if (action === undefined || this.#composer.act(action)) return;
    if (action.startsWith('room')) this.#open(this.model.conversations[Number(action.slice(4)) - 1]?.room);
    else this.#moves[action]?.();
  }

  #answerQuit(token: Token): void {
    this.#isQuitAsked = false;
    const action = actionOf(token);
    const isYes = token.type === 'text' && token.text.toLowerCase() === 'y';
    if (action === 'interrupt' || action === 'endOfInput' || isYes) this.#options.quit();
  }

  /** Says or does what was entered; an empty line retries what failed. */
  #send(text: string): void {
    const { stage } = this.#options;
    this.#pane.toEnd();
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
    this.#pane.toEnd();
    this.#options.stage.invalidate();
  };

  #tellTyping(): void {
    const room = this.model.current?.room;
    // Nobody waits for it: whether it arrives does not matter.
    if (room !== undefined) this.#options.commands.typing(room, true).catch(() => undefined);
  }

  #open(room: Target | undefined): void {
    if (room === undefined) return;
    this.#wanted = this.model.find(room) === undefined ? room : undefined;
    this.model.open(room);
    this.#options.stage.invalidate();
  }

  /** A conversation has appeared: who is in it is asked once, presence keeps it up to date. */
  #opened(room: Target): void {
    if (this.#wanted === room) this.#open(room);
    if (room.startsWith('@')) return;
    this.#options.commands.who(room).then(
      (members) => this.apply({ event: 'members', room, members }),
      () => undefined,
    );
  }

  #step(by: 1 | -1): void {
    const { conversations, current } = this.model;
    if (current === undefined) return;
    const at = conversations.indexOf(current) + by;
    this.#open(conversations[(at + conversations.length) % conversations.length]?.room);
  }

  #layout(panels = this.#panels) {
    const { stage } = this.#options;
    return layoutOf({ ...this.#scene(), panels }, stage.width, stage.height);
  }

  /** Two rows of the page before stay in sight. */
  #page(direction: 1 | -1): void {
    this.#scroll(direction * Math.max(1, this.#layout().chat.height - 2));
  }

  #scroll(rows: number): void {
    const conversation = this.model.current;
    if (conversation === undefined) return;
    const { width, height } = this.#layout().chat;
    this.#pane.scroll(sourceOf(this.#options, conversation), rows, width, height);
  }

  #toFirstUnread(): void {
    if (this.model.current?.newAfter === undefined) this.#open(this.model.nextActive()?.room);
    const conversation = this.model.current;
    if (conversation?.newAfter === undefined) return;
    this.#show(conversation.timeline.after(conversation.newAfter));
  }

  /** Scrolls an item to the top of the window. */
  #show(item: Item | undefined): void {
    const conversation = this.model.current;
    if (conversation === undefined || item === undefined) return;
    const { width, height } = this.#layout().chat;
    this.#pane.toItem(sourceOf(this.#options, conversation), item, width, height);
  }

  /** Where there is no room for the column, the members are listed in the conversation. */
  #toggleMembers(): void {
    const isShown = this.#layout().members !== undefined;
    const isPossible = this.#layout({ ...this.#panels, members: true }).members !== undefined;
    if (isPossible) this.#panels = { ...this.#panels, members: !isShown };
    else this.#send('/names');
  }

  #mouse(token: Token & { type: 'mouse' }): void {
    if (token.kind === 'wheelUp') this.#scroll(-WHEEL_ROWS);
    else if (token.kind === 'wheelDown') this.#scroll(WHEEL_ROWS);
    if (token.kind !== 'press') return;
    const { rooms } = this.#layout();
    if (rooms !== undefined && token.x < rooms.width)
      this.#open(roomAt(this.model, token.y - rooms.y, rooms.height)?.room);
  }

  #noticeReading(): void {
    this.model.isReading = this.#isFocused && this.#pane.isAtEnd && !this.#isHelpShown;
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
