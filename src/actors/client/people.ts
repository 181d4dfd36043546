import type { ClientEvent, Person } from '../../chat/events.js';
import { Operation } from '../../chat/operations.js';
import { Empty, PersonBody } from '../../chat/schemas.js';
import type { About } from './about.js';
import type { Calls } from './calls.js';
import type { Conversation } from './conversation.js';
import type { Conversations } from './conversations.js';
import { listRooms, listShared, listWho } from './directory.js';
import { presenceWord } from './roster.js';

/** Who is there, in which rooms, and whether oneself is. */
export class People {
  readonly #conversations: Conversations;
  readonly #about: About;
  readonly #emit: (event: ClientEvent) => void;
  #away = false;

  constructor(conversations: Conversations, about: About, emit: (event: ClientEvent) => void) {
    this.#conversations = conversations;
    this.#about = about;
    this.#emit = emit;
  }

  async away(calls: Calls, on: boolean): Promise<void> {
    this.#away = on;
    await calls.call(Operation.Away, { a: on }, Empty);
  }

  /** A new session begins with its account present. */
  remind(calls: Calls): void {
    if (this.#away) calls.call(Operation.Away, { a: true }, Empty).catch(() => {});
  }

  /** @param conversation everyone, as the lobby shows them, without it */
  async who(calls: Calls, conversation: Conversation | undefined): Promise<readonly Person[]> {
    const shown = conversation ?? this.#conversations.lobby;
    const mark = shown?.roster.mark ?? 0;
    const { mark: heard } = this.#about;
    const [list, shared] = await Promise.all([listWho(calls, conversation?.log ?? 0), listShared(calls)]);
    this.#about.list(shared, heard);
    const members = list.map(({ n, s }) => ({ user: n, state: presenceWord(s), ...this.#about.of(n) }));
    if (shown !== undefined) {
      this.#conversations.roster(shown, list, mark);
      this.#emit({ event: 'members', room: shown.target, members });
    }
    return members;
  }

  /** @throws NatterError NO_SUCH_USER */
  async person(calls: Calls, name: string): Promise<Person> {
    const { n: user } = await calls.call(Operation.Person, { n: name }, PersonBody);
    const everyone = await this.who(calls, undefined);
    return everyone.find((person) => person.user === user) ?? { user, state: 'offline' };
  }

  async rooms(calls: Calls): Promise<readonly { name: string; topic: string; members: number }[]> {
    const rooms = (await listRooms(calls)).map(({ n, t, m }) => ({ name: n, topic: t, members: m }));
    this.#emit({ event: 'directory', rooms });
    return rooms;
  }
}
