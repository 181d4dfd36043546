/** The screen after logging in: turns keys into editing, moving and saying, and events into what is seen. */

import { type EmojiBook, loadEmoji } from '../../chat/emoji.js';
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, ClientEvent, Target } from '../../chat/events.js';
import type { Surface } from './cells.js';
import { Completer } from './completer.js';
import { edit } from './editing.js';
import { Editor } from './editor.js';
import { type Action, actionOf } from './keys.js';
import type { Panels } from './layout.js';
import { type Conversation, Model } from './model.js';
import { Pane } from './pane.js';
import { Question } from './question.js';
import { roomAt } from './rooms.js';
import type { Cursor } from './screen.js';
import { Shell } from './shell.js';
import type { Theme } from './theme.js';
import type { Item } from './timeline.js';
import type { Token } from './tokens.js';
import { drawScene, type Glyphs, layoutOf, type Scene, sourceOf } from './view.js';

/** Entries fetched when the beginning of what is known comes into sight. */
const PAGE = 100;
/** That one is typing is told again at most this often; ms. */
const TYPING_EVERY_MS = 3_000;
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
  readonly #editor = new Editor();
  readonly #completer = new Completer();
  readonly #panes = new WeakMap<Conversation, Pane<Item>>();
  #panels: Panels = { rooms: true, members: true };
  #question: Question | undefined;
  #emoji: EmojiBook | undefined;
  #isHelpShown = false;
  #isMouseOn = false;
  #isFocused = true;
  #isQuitAsked = false;
  /** A conversation to go to as soon as it is there. */
  #wanted: Target | undefined;
  #typedAt = 0;
  #rangAt = 0;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#shell = new Shell({
      model: this.model,
      commands: options.commands,
      note: (text) => this.model.note(text, options.now()),
      open: (room) => this.#open(room),
      ask: (question, isSecret) => this.#ask(question, isSecret),
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
    if (conversation !== undefined && isAtTop) this.#fetchOlder(conversation);
    return this.#isHelpShown ? undefined : cursor;
  }

  handle(token: Token): void {
    this.#options.stage.invalidate();
    if (token.type === 'focus') this.#isFocused = token.on;
    else if (token.type === 'mouse') this.#mouse(token);
    else if (this.#isQuitAsked) this.#answerQuit(token);
    else if (this.#isHelpShown) {
      // Any key closes the help; one that types is typed all the same.
      this.#isHelpShown = false;
      if (token.type !== 'key') this.#type(token.text);
    } else if (token.type === 'key') this.#act(actionOf(token));
    else this.#type(token.text);
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
      editor: this.#editor,
      completer: this.#completer,
      question: this.#question,
      panels: this.#panels,
      isHelpShown: this.#isHelpShown,
      isMouseOn: this.#isMouseOn,
      hint: this.#isQuitAsked ? QUIT_QUESTION : '',
      now: this.#options.now(),
      theme: this.#options.theme,
      glyphs: this.#options.glyphs,
    };
  }

  #type(text: string): void {
    const target = this.#question?.editor ?? this.#editor;
    this.#completer.reset();
    target.insert(this.#question === undefined ? text : text.replaceAll('\n', ' '));
    if (this.#question === undefined) this.#tellTyping();
  }

  #tellTyping(): void {
    const { now, commands } = this.#options;
    const room = this.model.current?.room;
    if (room === undefined || this.#editor.text.startsWith('/') || now() - this.#typedAt < TYPING_EVERY_MS)
      return;
    this.#typedAt = now();
    // Nobody waits for it: whether it arrives does not matter.
    commands.typing(room, true).catch(() => undefined);
  }

  #act(action: Action | undefined): void {
    if (action === undefined) return;
    if (action !== 'complete' && action !== 'completeBack') this.#completer.reset();
    if (this.#question !== undefined) return this.#actOnQuestion(this.#question, action);
    if (edit(this.#editor, action)) return;
    if (action.startsWith('room'))
      return this.#open(this.model.conversations[Number(action.slice(4)) - 1]?.room);
    this.#move(action);
  }

  #actOnQuestion(question: Question, action: Action): void {
    if (action === 'send') {
      this.#question = undefined;
      question.answer();
    } else if (action === 'cancel' || action === 'interrupt') {
      this.#question = undefined;
      question.refuse();
    } else if (action !== 'newline') edit(question.editor, action);
  }

  #move(action: Action): void {
    const { stage } = this.#options;
    switch (action) {
      case 'send':
        return this.#send();
      case 'complete':
        return this.#completer.tab(this.#editor, this.#candidates(), 1);
      case 'completeBack':
        return this.#completer.tab(this.#editor, this.#candidates(), -1);
      case 'interrupt':
        if (this.#editor.isEmpty) this.#isQuitAsked = true;
        else this.#editor.clear();
        return;
      case 'endOfInput':
        if (this.#editor.isEmpty) this.#isQuitAsked = true;
        else this.#editor.delete();
        return;
      case 'pageUp':
        return this.#scroll(-1);
      case 'pageDown':
        return this.#scroll(1);
      case 'toEnd':
        return this.#pane.toEnd();
      case 'toStart':
        return this.#scroll(Number.NEGATIVE_INFINITY);
      case 'nextRoom':
        return this.#step(1);
      case 'previousRoom':
        return this.#step(-1);
      case 'nextActive':
        return this.#open(this.model.nextActive()?.room);
      case 'firstUnread':
        return this.#toFirstUnread();
      case 'toggleRooms':
        this.#panels = { ...this.#panels, rooms: !this.#panels.rooms };
        return;
      case 'toggleMembers':
        return this.#toggleMembers();
      case 'toggleMouse':
        this.#isMouseOn = !this.#isMouseOn;
        return stage.setMouse(this.#isMouseOn);
      case 'redraw':
        return stage.redraw();
      case 'help':
        this.#isHelpShown = true;
    }
  }

  #answerQuit(token: Token): void {
    this.#isQuitAsked = false;
    const action = actionOf(token);
    const isYes = token.type === 'text' && token.text.toLowerCase() === 'y';
    if (action === 'interrupt' || action === 'endOfInput' || isYes) this.#options.quit();
  }

  #send(): void {
    if (this.#editor.searching !== undefined) return this.#editor.searchEnd(true);
    this.#pane.toEnd();
    this.#typedAt = 0;
    if (this.#editor.text.trim() === '') {
      this.#shell.retry().catch(this.#fail);
      return;
    }
    const text = this.#editor.take();
    this.#shell.enter(text).then(
      () => this.#options.stage.invalidate(),
      (error: unknown) => {
        // What could not be said comes back to be mended, unless something new is being written.
        if (this.#editor.isEmpty) this.#editor.set(text);
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

  #ask(text: string, isSecret: boolean): Promise<string | undefined> {
    this.#question?.refuse();
    this.#options.stage.invalidate();
    return new Promise((resolve) => {
      this.#question = new Question(text, isSecret, resolve);
    });
  }

  #candidates() {
    const conversation = this.model.current;
    const speakers = new Set<string>();
    for (const item of conversation?.timeline.items.slice(-200).reverse() ?? [])
      if (item.type === 'message' && !item.message.mine) speakers.add(item.message.from);
    for (const name of conversation?.members.keys() ?? []) speakers.add(name);
    for (const name of this.model.lobby?.members.keys() ?? []) speakers.add(name);
    speakers.delete(this.model.me);
    return {
      rooms: this.model.conversations.map(({ room }) => room),
      names: [...speakers],
      emoji: this.#emoji,
    };
  }

  #open(room: Target | undefined): void {
    if (room === undefined) return;
    this.#wanted = this.model.find(room) === undefined ? room : undefined;
    this.model.open(room);
    this.#options.stage.invalidate();
  }

  /** A conversation has appeared: who is in it is asked once, presence keeps it up to date. */
  #opened(room: Target): void {
    const { commands } = this.#options;
    if (this.#wanted === room) this.#open(room);
    if (room.startsWith('@')) return;
    commands.who(room).then(
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

  /** @param pages of the window's height less two rows, down when positive */
  #scroll(pages: number, rows?: number): void {
    const conversation = this.model.current;
    if (conversation === undefined) return;
    const { stage } = this.#options;
    const { width, height } = layoutOf(this.#scene(), stage.width, stage.height).chat;
    const by = rows ?? pages * Math.max(1, height - 2);
    this.#pane.scroll(sourceOf(this.#options, conversation), by, width, height);
  }

  #toFirstUnread(): void {
    if ((this.model.current?.newAfter ?? undefined) === undefined) this.#open(this.model.nextActive()?.room);
    const conversation = this.model.current;
    const after = conversation?.newAfter;
    if (conversation === undefined || after === undefined) return;
    const item = conversation.timeline.after(after);
    if (item === undefined) return;
    const { stage } = this.#options;
    const { width, height } = layoutOf(this.#scene(), stage.width, stage.height).chat;
    this.#pane.toItem(sourceOf(this.#options, conversation), item, width, height);
  }

  /** Where there is no room for the column, the members are listed in the conversation. */
  #toggleMembers(): void {
    const { stage } = this.#options;
    const isShown = layoutOf(this.#scene(), stage.width, stage.height).members !== undefined;
    const wouldShow = layoutOf(
      { ...this.#scene(), panels: { ...this.#panels, members: true } },
      stage.width,
      stage.height,
    );
    if (wouldShow.members === undefined) this.#shell.enter('/names').catch(this.#fail);
    else this.#panels = { ...this.#panels, members: !isShown };
  }

  #mouse(token: Token & { type: 'mouse' }): void {
    const { stage } = this.#options;
    if (token.kind === 'wheelUp') return this.#scroll(0, -WHEEL_ROWS);
    if (token.kind === 'wheelDown') return this.#scroll(0, WHEEL_ROWS);
    const { rooms } = layoutOf(this.#scene(), stage.width, stage.height);
    if (token.kind !== 'press' || rooms === undefined || token.x >= rooms.width) return;
    this.#open(roomAt(this.model, token.y - rooms.y, rooms.height)?.room);
  }

  /** What is seen at the end of a focused conversation is read, here and on one's other devices. */
  #read(): void {
    const { commands } = this.#options;
    this.model.isReading = this.#isFocused && this.#pane.isAtEnd && !this.#isHelpShown;
    const room = this.model.current?.room;
    const seq = this.model.markRead();
    // Lost is harmless: the next one says more.
    if (room !== undefined && seq > 0) commands.read(room, seq).catch(() => undefined);
  }

  #fetchOlder(conversation: Conversation): void {
    const { link } = this.model;
    if (conversation.isAtBeginning || conversation.isLoading || link.state !== 'live') return;
    const before = conversation.timeline.first || conversation.info.head + 1;
    conversation.isLoading = true;
    this.#options.commands
      .history(conversation.room, before, PAGE)
      .catch(this.#fail)
      .finally(() => {
        conversation.isLoading = false;
        this.#options.stage.invalidate();
      });
  }
}
