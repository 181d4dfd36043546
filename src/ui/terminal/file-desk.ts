/** Files at the keyboard: the keys of an offer and of the panel, and pasted paths that become a question. */
import { formatSize } from '../../chat/amount.js';
import type { ClientCommands } from '../../chat/events.js';
import { escapePath, pastedPaths } from '../../chat/path.js';
import type { Area } from './cells.js';
import { indentOf } from './chat.js';
import type { Composer } from './composer.js';
import type { Confirm } from './confirm.js';
import { trustText } from './filetext.js';
import { type Action, actionOf, isEverywhere } from './keys.js';
import type { Model } from './model.js';
import { Panel } from './panel.js';
import { type LocalFile, lookUp } from './paths.js';
import { isWorthShowing, type Look, Previews } from './previews.js';
import { shorten } from './progress.js';
import type { Token } from './sequences.js';
import { type FileEntry, isFetchable, isLasting, isOffered, isPausable, isPaused } from './transfers.js';

/** A letter that answers an offer counts once nothing followed it for this long: else it began a word; ms. */
const LETTER_MS = 700;
/** Cells of a name within a question. */
const NAME_CELLS = 24;
const PAGE_ROWS = 10;

/** What the desk needs of the screen around it. */
export interface FileDeskHost {
  readonly model: Model;
  readonly commands: ClientCommands;
  readonly composer: Composer;
  readonly look: Look;
  /** ms since 1970. */
  readonly now: () => number;
  /** Where the conversation stands. */
  paneArea(): Area;
  /** Something is to be seen that no key has brought. */
  changed(): void;
  confirm(confirm: Confirm): void;
  /** Shows what fails of it. */
  run(work: Promise<unknown>): void;
  /** Handles a token that had to wait. */
  again(token: Token): void;
}

/** An offer that a single letter may answer. */
interface Pending {
  readonly letter: string;
  readonly entry: FileEntry;
  readonly timer: NodeJS.Timeout;
}

export class FileDesk {
  readonly panel: Panel;
  readonly previews: Previews;
  readonly #host: FileDeskHost;
  #pending: Pending | undefined;
  /** What was typed while the disk was asked what a paste is; undefined while nothing is asked. */
  #held: Token[] | undefined;

  constructor(host: FileDeskHost) {
    this.#host = host;
    this.panel = new Panel(host.model.transfers);
    this.previews = new Previews(host.look, host.changed);
  }

  /** Learns what was under way and what was before; the rest comes as events. */
  load(): void {
    const { model, commands, changed } = this.#host;
    // Without an answer the link is down, which the status bar says; the next welcome asks again.
    model.transfers.load(commands).then(changed, () => undefined);
  }

  /**
   * Shows what is in a file: what was asked for here, what came by itself in its conversation.
   * @param isAsked says why there is nothing to see
   */
  async show(entry: FileEntry, isAsked: boolean): Promise<void> {
    const { model, now, changed, paneArea } = this.#host;
    if (!isAsked && !isWorthShowing(entry)) return;
    const { width, height } = paneArea();
    const preview = await this.previews.of(entry, width - indentOf(width) - 1, height);
    const room = isAsked ? model.current?.room : entry.room;
    if (preview.kind !== 'none') model.show(preview, now(), room ?? entry.room);
    else if (isAsked) model.note(`${entry.offer.name}: ${preview.reason}`, now());
    changed();
  }

  /** @returns whether the token was about files */
  handle(token: Token): boolean {
    if (this.#held !== undefined) {
      this.#held.push(token);
      return true;
    }
    const pending = this.#pending;
    this.#forgetLetter();
    if (this.panel.isShown) return this.#panelKey(token);
    if (this.#host.composer.question !== undefined) return false;
    if (token.type === 'paste') return this.#paste(token);
    if (token.type === 'text') return this.#letter(token.text);
    if (pending === undefined || actionOf(token) !== 'send') return false;
    this.#answer(pending);
    return true;
  }

  /** The letter stands in the line like any other until it turns out that no word follows. */
  #letter(text: string): boolean {
    const { composer, model } = this.#host;
    const letter = text.toLowerCase();
    const [entry] = model.transfers.offers;
    if (entry === undefined || !composer.editor.isEmpty || !['a', 'r', 't'].includes(letter)) return false;
    composer.editor.insert(text);
    const timer = setTimeout(() => {
      if (this.#pending === undefined) return;
      this.#answer(this.#pending);
      this.#forgetLetter();
    }, LETTER_MS);
    this.#pending = { letter, entry, timer };
    return true;
  }

  #forgetLetter(): void {
    clearTimeout(this.#pending?.timer);
    this.#pending = undefined;
  }

  #answer({ letter, entry }: Pending): void {
    const { composer, commands, model, now, run } = this.#host;
    composer.editor.clear();
    if (!isOffered(entry)) return;
    const { id, name } = entry.offer;
    if (letter === 'r') {
      this.#noteElsewhere(entry, `${name} is declined.`);
      run(commands.rejectFile(id));
      return;
    }
    this.#noteElsewhere(entry, `${name} is on its way; F6 shows it.`);
    if (letter === 'a') {
      run(commands.acceptFile(id));
      return;
    }
    const trust = async () => {
      await commands.trust(entry.from, true);
      model.note(trustText(entry.from), now());
      await commands.acceptFile(id);
    };
    run(trust());
  }

  /** Where the file's own line is out of sight, nothing else would show that the key did anything. */
  #noteElsewhere({ room }: FileEntry, text: string): void {
    const { model, now } = this.#host;
    if (model.current?.room !== room) model.note(text, now());
  }

  /** @returns false for a paste that is a text, whatever the disk says */
  #paste(token: Token & { type: 'paste' }): boolean {
    const { composer } = this.#host;
    const isSend = /^\/(?:send|file|upload)\s+$/i.test(composer.editor.text);
    const readings = pastedPaths(token.text);
    if (readings.length === 0 || (!composer.editor.isEmpty && !isSend)) return false;
    this.#held = [];
    this.#look(readings).then((files) => {
      // `/send` takes one file; several are a question of their own.
      const only = files?.length === 1 ? files[0] : undefined;
      if (files === undefined) composer.type(token.text);
      else if (isSend && only !== undefined) composer.type(escapePath(only.path));
      else this.#offerToSend(files, token.text);
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const each of held) this.#host.again(each);
    });
    return true;
  }

  /** The files of the first reading of which every path is one. */
  async #look(readings: readonly (readonly string[])[]): Promise<readonly LocalFile[] | undefined> {
    for (const reading of readings) {
      const found = await Promise.all(reading.map(lookUp));
      const files = found.filter((file) => file !== undefined);
      if (files.length === reading.length) return files;
    }
    return undefined;
  }

  #offerToSend(files: readonly LocalFile[], text: string): void {
    const { model, commands, composer, confirm, run } = this.#host;
    const room = model.current?.room;
    const [first] = files;
    if (room === undefined || first === undefined) {
      composer.type(text);
      return;
    }
    const size = formatSize(files.reduce((sum, file) => sum + file.size, 0));
    const what = files.length === 1 ? shorten(first.name, NAME_CELLS) : `${files.length} files`;
    const send = async () => {
      for (const { path } of files) await commands.sendFile(room, path);
    };
    confirm({
      text: `Send ${what} (${size}) to ${room}? y or Enter sends, else it stays text.`,
      also: ['send'],
      yes: () => {
        composer.editor.clear();
        run(send());
      },
      no: () => composer.type(text),
    });
  }

  #panelKey(token: Token): boolean {
    const letter = token.type === 'text' ? token.text.toLowerCase() : '';
    const keys: Readonly<Record<string, () => void>> = {
      p: () => this.#pauseOrResume(),
      c: () => this.#askToCancel(),
      a: () => this.#take(),
      r: () => this.#reject(),
      q: () => this.panel.close(),
    };
    const moves: Partial<Record<Action, () => void>> = {
      up: () => this.panel.move(-1),
      down: () => this.panel.move(1),
      pageUp: () => this.panel.move(-PAGE_ROWS),
      pageDown: () => this.panel.move(PAGE_ROWS),
      send: () => this.#take() || this.panel.details(),
      cancel: () => this.panel.back(),
      files: () => this.panel.close(),
    };
    const action = actionOf(token);
    if (action === undefined) {
      keys[letter]?.();
      return true;
    }
    moves[action]?.();
    return moves[action] !== undefined || !isEverywhere(action);
  }

  /** Accepts or fetches the chosen file. @returns false when that cannot be done with it */
  #take(): boolean {
    const { chosen } = this.panel;
    if (chosen === undefined || this.panel.isDetail || !isFetchable(chosen)) return false;
    this.#host.run(this.#host.commands.acceptFile(chosen.offer.id));
    return true;
  }

  #reject(): void {
    const { chosen } = this.panel;
    if (chosen !== undefined && isOffered(chosen))
      this.#host.run(this.#host.commands.rejectFile(chosen.offer.id));
  }

  #pauseOrResume(): void {
    const { chosen } = this.panel;
    const { commands, run } = this.#host;
    if (chosen === undefined) return;
    if (isPaused(chosen)) run(commands.resumeFile(chosen.offer.id));
    else if (isPausable(chosen)) run(commands.pauseFile(chosen.offer.id));
  }

  #askToCancel(): void {
    const { chosen } = this.panel;
    const { commands, confirm, run } = this.#host;
    if (chosen === undefined || !isLasting(chosen)) return;
    confirm({
      text: `Cancel ${shorten(chosen.offer.name, NAME_CELLS)}? y ends it, any other key lets it be.`,
      also: [],
      yes: () => run(commands.cancelFile(chosen.offer.id)),
    });
  }
}
