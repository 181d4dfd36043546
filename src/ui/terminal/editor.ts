/**
 * The line editor: a text of grapheme clusters with a cursor between two of them, readline's editing,
 * history and reverse search. It knows no keys and no screen.
 */
import { graphemes } from './width.js';

const HISTORY_MAX = 500;
const WORD = /[\p{L}\p{N}\p{M}_]/u;

export class Editor {
  #clusters: string[] = [];
  #cursor = 0;
  #killed = '';
  #history: string[] = [];
  /** Index into the history while walking it, its length while on one's own line. */
  #at = 0;
  /** One's own line, kept while an older one is shown. */
  #draft = '';
  #search: { query: string; found: number } | undefined;

  get text(): string {
    return this.#clusters.join('');
  }

  /** Clusters before the cursor. */
  get cursor(): number {
    return this.#cursor;
  }

  get clusters(): readonly string[] {
    return this.#clusters;
  }

  get isEmpty(): boolean {
    return this.#clusters.length === 0;
  }

  /** What is searched for while a reverse search runs, else undefined. */
  get searching(): string | undefined {
    return this.#search?.query;
  }

  get before(): string {
    return this.#clusters.slice(0, this.#cursor).join('');
  }

  /** Replaces the text; the cursor goes to its end, or after `before`. */
  set(text: string, before = text): void {
    this.#clusters = graphemes(text);
    this.#cursor = Math.min(graphemes(before).length, this.#clusters.length);
  }

  /** Inserts at the cursor. What is joined there may merge: a skin tone typed after a hand is one cluster. */
  insert(text: string): void {
    if (this.#search !== undefined) {
      this.#search.query += text;
      this.#find(this.#history.length - 1);
      return;
    }
    const before = this.before + text;
    const after = this.#clusters.slice(this.#cursor).join('');
    this.#clusters = graphemes(before + after);
    this.#cursor = 0;
    for (let length = 0; length < before.length && this.#cursor < this.#clusters.length; this.#cursor++)
      length += this.#clusters[this.#cursor]?.length ?? 0;
  }

  backspace(): void {
    if (this.#search !== undefined) {
      this.#search.query = graphemes(this.#search.query).slice(0, -1).join('');
      this.#find(this.#history.length - 1);
    } else if (this.#cursor > 0) this.#remove(this.#cursor - 1, this.#cursor);
  }

  delete(): void {
    if (this.#cursor < this.#clusters.length) this.#remove(this.#cursor, this.#cursor + 1);
  }

  left(): void {
    this.#cursor = Math.max(0, this.#cursor - 1);
  }

  right(): void {
    this.#cursor = Math.min(this.#clusters.length, this.#cursor + 1);
  }

  wordLeft(): void {
    this.#cursor = this.#wordStart();
  }

  wordRight(): void {
    this.#cursor = this.#wordEnd();
  }

  /** Start and end of the line within a multi-line text. */
  home(): void {
    while (this.#cursor > 0 && this.#clusters[this.#cursor - 1] !== '\n') this.#cursor--;
  }

  end(): void {
    while (this.#cursor < this.#clusters.length && this.#clusters[this.#cursor] !== '\n') this.#cursor++;
  }

  /** Up and down first move between the lines of the text, then through the history. */
  up(): void {
    if (!this.#moveLine(-1)) this.#recall(this.#at - 1);
  }

  down(): void {
    if (!this.#moveLine(1)) this.#recall(this.#at + 1);
  }

  killToEnd(): void {
    const from = this.#cursor;
    this.end();
    // At the end of a line the break itself goes, as in Emacs.
    const to = this.#cursor === from ? Math.min(from + 1, this.#clusters.length) : this.#cursor;
    this.#cursor = from;
    this.#kill(from, to);
  }

  killToStart(): void {
    const to = this.#cursor;
    this.home();
    this.#kill(this.#cursor, to);
  }

  killWordLeft(): void {
    this.#kill(this.#wordStart(), this.#cursor);
  }

  killWordRight(): void {
    this.#kill(this.#cursor, this.#wordEnd());
  }

  yank(): void {
    if (this.#killed !== '') this.insert(this.#killed);
  }

  /** Swaps the two clusters around the cursor. */
  transpose(): void {
    const at = Math.min(this.#cursor, this.#clusters.length - 1);
    const [first, second] = [this.#clusters[at - 1], this.#clusters[at]];
    if (at < 1 || first === undefined || second === undefined) return;
    this.#clusters[at - 1] = second;
    this.#clusters[at] = first;
    this.#cursor = at + 1;
  }

  clear(): void {
    this.#clusters = [];
    this.#cursor = 0;
    this.#at = this.#history.length;
    this.#search = undefined;
  }

  /** Takes the text out: it is remembered in the history, and the editor is empty. */
  take(): string {
    const text = this.text;
    if (text.trim() !== '' && text !== this.#history.at(-1)) this.#history.push(text);
    if (this.#history.length > HISTORY_MAX) this.#history.shift();
    this.clear();
    return text;
  }

  /** Starts the reverse search, or goes on to the next older match. */
  searchBack(): void {
    if (this.#search === undefined) {
      this.#draft = this.text;
      this.#search = { query: '', found: this.#history.length };
    } else this.#find(this.#search.found - 1);
  }

  /** Ends the search: what was found stays to be edited, or the text of before comes back. */
  searchEnd(keep: boolean): void {
    if (this.#search === undefined) return;
    if (!keep) this.set(this.#draft);
    this.#search = undefined;
  }

  #find(from: number): void {
    if (this.#search === undefined || this.#search.query === '') return;
    for (let index = from; index >= 0; index--) {
      const line = this.#history[index];
      if (line?.toLowerCase().includes(this.#search.query.toLowerCase())) {
        this.#search.found = index;
        this.set(line);
        return;
      }
    }
  }

  #recall(at: number): void {
    if (at < 0 || at > this.#history.length) return;
    if (this.#at === this.#history.length) this.#draft = this.text;
    this.#at = at;
    this.set(this.#history[at] ?? this.#draft);
  }

  #moveLine(direction: -1 | 1): boolean {
    const column = this.#cursor - this.#lineStart(this.#cursor);
    let start: number;
    if (direction === -1) {
      const own = this.#lineStart(this.#cursor);
      if (own === 0) return false;
      start = this.#lineStart(own - 1);
    } else {
      const end = this.#clusters.indexOf('\n', this.#cursor);
      if (end === -1) return false;
      start = end + 1;
    }
    const next = this.#clusters.indexOf('\n', start);
    this.#cursor = Math.min(start + column, next === -1 ? this.#clusters.length : next);
    return true;
  }

  #lineStart(from: number): number {
    let start = from;
    while (start > 0 && this.#clusters[start - 1] !== '\n') start--;
    return start;
  }

  #wordStart(): number {
    let at = this.#cursor;
    while (at > 0 && !WORD.test(this.#clusters[at - 1] ?? '')) at--;
    while (at > 0 && WORD.test(this.#clusters[at - 1] ?? '')) at--;
    return at;
  }

  #wordEnd(): number {
    let at = this.#cursor;
    while (at < this.#clusters.length && !WORD.test(this.#clusters[at] ?? '')) at++;
    while (at < this.#clusters.length && WORD.test(this.#clusters[at] ?? '')) at++;
    return at;
  }

  #kill(from: number, to: number): void {
    if (from === to) return;
    this.#killed = this.#clusters.slice(from, to).join('');
    this.#remove(from, to);
  }

  #remove(from: number, to: number): void {
    this.#clusters.splice(from, to - from);
    this.#cursor = from;
  }
}
