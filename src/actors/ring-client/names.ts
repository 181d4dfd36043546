import { NatterError } from '../../chat/error.js';
import { skeleton } from '../../chat/lookalike.js';
import { nameKey, parseName, parsePerson } from '../../chat/name.js';
import { fingerprint } from '../../net/fingerprint.js';
import type { PeerId } from '../../net/ring/types.js';

/** How somebody is called whose name cannot be shown. */
export const NAMELESS = 'nameless';
const MARK_LENGTH = 4;

interface Named {
  readonly name: string;
  readonly key: string;
  readonly skeleton: string;
  isPresent: boolean;
  /** As people were told last. */
  shown: string;
}

/** What became of somebody's name as people see it. */
export interface Renamed {
  readonly id: PeerId;
  readonly before: string;
  readonly now: string;
}

/**
 * Who is called what. Names are not given out by anybody, so two may have one; then, and where one only looks like the
 * other, both are written with the beginning of their key's fingerprint: `ana~b67v`.
 */
export class Names {
  readonly #people = new Map<PeerId, Named>();
  /** Those present, by what their names look like. */
  readonly #alike = new Map<string, Set<PeerId>>();
  readonly #fingerprints = new Map<PeerId, string>();

  /** Somebody says that this is their name. @returns others whose name is written otherwise now */
  set(id: PeerId, name: string, isPresent: boolean): Renamed[] {
    const before = this.#people.get(id);
    if (before !== undefined) this.#leave(id, before);
    const clean = cleanName(name);
    const named: Named = {
      name: clean,
      key: nameKey(clean),
      skeleton: skeleton(clean),
      isPresent,
      shown: before?.shown ?? '',
    };
    this.#people.set(id, named);
    if (isPresent) {
      const alike = this.#alike.get(named.skeleton) ?? new Set();
      this.#alike.set(named.skeleton, alike.add(id));
    }
    named.shown = this.#write(id, named);
    const touched = new Set([named.skeleton, before?.skeleton ?? named.skeleton]);
    return [...touched].flatMap((key) => this.#rewrite(key, id));
  }

  knows(id: PeerId): boolean {
    return this.#people.has(id);
  }

  /** How somebody is written. @param said their name as something old has it, for those who are not known */
  of(id: PeerId, said = ''): string {
    const known = this.#people.get(id);
    if (known !== undefined) return known.isPresent ? known.shown : this.#write(id, known);
    const name = cleanName(said);
    return this.#isTaken(id, skeleton(name)) || name === NAMELESS ? this.#marked(id, name) : name;
  }

  /** Others present whose name looks like theirs and is not the same. */
  lookalikes(id: PeerId): string[] {
    const named = this.#people.get(id);
    if (named === undefined) return [];
    return [...(this.#alike.get(named.skeleton) ?? [])]
      .filter((other) => other !== id && this.#people.get(other)?.key !== named.key)
      .map((other) => this.of(other));
  }

  /**
   * Whom somebody means by `ana` or `ana~b67v`: those present before those who are gone.
   * @throws NatterError NO_SUCH_USER for nobody, BAD_ARGUMENT for more than one, NAME_* for what is no name
   */
  find(text: string): PeerId {
    const { name, key, mark } = parsePerson(text);
    const all = [...this.#people].filter(
      ([id, named]) => named.key === key && this.fingerprintOf(id).startsWith(mark),
    );
    const present = all.filter(([, { isPresent }]) => isPresent);
    const [first, second] = present.length > 0 ? present : all;
    if (first === undefined)
      throw new NatterError(
        'NO_SUCH_USER',
        `${name} is not online, and nobody of that name has been here; /names lists who is.`,
      );
    if (second !== undefined)
      throw new NatterError(
        'BAD_ARGUMENT',
        `More than one is called ${name}: write ${this.#marked(first[0], name)} or ${this.#marked(second[0], name)}.`,
      );
    return first[0];
  }

  fingerprintOf(id: PeerId): string {
    const known = this.#fingerprints.get(id);
    if (known !== undefined) return known;
    const text = fingerprint(Buffer.from(id, 'hex'));
    this.#fingerprints.set(id, text);
    return text;
  }

  #leave(id: PeerId, named: Named): void {
    const alike = this.#alike.get(named.skeleton);
    alike?.delete(id);
    if (alike?.size === 0) this.#alike.delete(named.skeleton);
  }

  #rewrite(key: string, except: PeerId): Renamed[] {
    const renamed: Renamed[] = [];
    for (const id of this.#alike.get(key) ?? []) {
      const named = this.#people.get(id);
      if (named === undefined || id === except) continue;
      const before = named.shown;
      named.shown = this.#write(id, named);
      if (before !== named.shown) renamed.push({ id, before, now: named.shown });
    }
    return renamed;
  }

  #write(id: PeerId, { name, skeleton: key }: Named): string {
    return this.#isTaken(id, key) || name === NAMELESS ? this.#marked(id, name) : name;
  }

  /** Somebody else who is present is called so, or looks so. */
  #isTaken(id: PeerId, key: string): boolean {
    const alike = this.#alike.get(key);
    return alike !== undefined && alike.size > (alike.has(id) ? 1 : 0);
  }

  #marked(id: PeerId, name: string): string {
    return `${name}~${this.fingerprintOf(id).slice(0, MARK_LENGTH)}`;
  }
}

/** What anybody may have written into a record, as a name that can be shown and typed. */
function cleanName(name: string): string {
  try {
    return parseName(name).name;
  } catch (error) {
    if (error instanceof NatterError) return NAMELESS;
    throw error;
  }
}
