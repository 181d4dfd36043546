/** Who is in a conversation. In the ring a person is their key, elsewhere their name: so a new name is no newcomer. */
import type { Person } from '../../chat/events.js';

export class People {
  readonly #byKey = new Map<string, Person>();
  readonly #byName = new Map<string, Person>();
  #revision = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** Rises with every change: for whoever keeps what follows from them. */
  get revision(): number {
    return this.#revision;
  }

  all(): IterableIterator<Person> {
    return this.#byKey.values();
  }

  named(user: string): Person | undefined {
    return this.#byName.get(user);
  }

  /** Whoever has that key. */
  keyed(author: string): Person | undefined {
    return this.#byKey.get(author);
  }

  /** @returns how they were known until now */
  put(person: Person): Person | undefined {
    const before = this.#remove(person);
    this.#byKey.set(keyOf(person), person);
    this.#byName.set(person.user, person);
    return before;
  }

  /** @returns how they were known until now */
  remove(person: Person): Person | undefined {
    const before = this.#remove(person);
    this.#byKey.delete(keyOf(person));
    return before;
  }

  clear(): void {
    this.#byKey.clear();
    this.#byName.clear();
    this.#revision++;
  }

  /** Takes the name away; the place by key stays, so that who is renamed stays where they were. */
  #remove(person: Person): Person | undefined {
    this.#revision++;
    const before = this.#byKey.get(keyOf(person));
    if (before !== undefined && this.#byName.get(before.user) === before) this.#byName.delete(before.user);
    return before;
  }
}

function keyOf({ author, user }: Person): string {
  return author ?? user;
}
