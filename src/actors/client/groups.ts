import { NatterError } from '../../chat/error.js';
import type {
  ClientEvent,
  Group,
  GroupCommands,
  Location,
  Person,
  Presence,
  Room,
} from '../../chat/events.js';
import { checkRadius } from '../../chat/geo.js';
import { nameKey } from '../../chat/name.js';
import { GoneReason, Operation } from '../../chat/operations.js';
import { AboutBody, ConversationBody, Empty, TagsReply } from '../../chat/schemas.js';
import { parseTag } from '../../chat/tag.js';
import { decodeBody } from '../../chat/wire.js';
import { dismantledText, enrolledText, movedOutText } from '../group-words.js';
import type { Whereabouts } from '../jobs/cities.js';
import { Sequencer } from '../sequencer.js';
import type { About } from './about.js';
import type { Calls } from './calls.js';
import type { Conversation } from './conversation.js';
import type { Conversations } from './conversations.js';

export interface GroupsOptions {
  readonly conversations: Conversations;
  readonly about: About;
  /** Undefined before the login. */
  calls(): Calls | undefined;
  /** The cell of a place, and the city nearest to it. @throws NatterError BAD_ARGUMENT */
  locate(at: Whereabouts): Promise<Location>;
  open(room: string): Promise<Conversation>;
  /** Who belongs to a conversation; told as `members` too. */
  who(conversation: Conversation): Promise<readonly Person[]>;
  emit(event: ClientEvent): void;
  /** `settle` has something to say at the end of this turn. */
  changed(): void;
  /** Keep the members of groups known without being asked. */
  readonly attentive: boolean;
}

/** People nearby and like-minded: one's own place, the groups one is in, and who is in them. */
export class Groups implements GroupCommands {
  readonly #options: GroupsOptions;
  #place: Location | undefined;
  /** The server has to know of it, also after the next login. */
  #isShared = false;
  #lastTag: string | undefined;
  /** Names of all members, as far as somebody wants to know; by conversation, which lives no longer than its log. */
  readonly #members = new WeakMap<Conversation, Set<string>>();
  readonly #changed = new Set<Conversation>();
  /** A city takes its time to be found: what is asked meanwhile of one's place is about that one. */
  readonly #places = new Sequencer();

  constructor(options: GroupsOptions) {
    this.#options = options;
  }

  // ---- Commands -----------------------------------------------------------------------------------------

  /** Before a login it is kept for it. */
  locate(at: Whereabouts | undefined): Promise<Location | undefined> {
    return this.#places.run(() => this.#locate(at));
  }

  async location(): Promise<Location | undefined> {
    await this.#places.settled();
    return this.#place;
  }

  async near(km?: number): Promise<Room> {
    const { conversations, open } = this.#options;
    await this.#places.settled();
    if (km === undefined) return (await (this.#ownOrLast() ?? open(`~${conversations.user}`))).room();
    checkRadius(km);
    const body = await this.#calls().call(Operation.Near, { k: km }, ConversationBody);
    return conversations.open(body).room();
  }

  async interest(raw?: string): Promise<Room> {
    const { conversations, open, emit } = this.#options;
    const tag = raw === undefined ? this.#latestTag() : parseTag(raw);
    const target = `+${tag}`;
    const isNew = conversations.find(target) === undefined;
    const conversation = await open(target);
    this.#lastTag = tag;
    const { by } = conversation;
    if (isNew && by !== undefined && !conversations.isMine(by))
      emit({ event: 'notice', text: `You were enrolled in ${target}, which ${by} began.` });
    return conversation.room();
  }

  async groups(): Promise<readonly Group[]> {
    const { conversations, who } = this.#options;
    const groups = [...conversations.all].filter(isGroup);
    const { lobby } = conversations;
    return Promise.all(
      (lobby === undefined ? groups : [lobby, ...groups]).map(async (conversation) => {
        const here = (await who(conversation)).filter(({ state }) => isHere(state));
        return groupOf(
          conversation,
          here.map(({ user }) => user),
        );
      }),
    );
  }

  async tags(): Promise<readonly { readonly tag: string; readonly people: number }[]> {
    const { t } = await this.#calls().call(Operation.Tags, {}, TagsReply);
    return t.map(({ n, p }) => ({ tag: n, people: p }));
  }

  // ---- What the server tells ----------------------------------------------------------------------------

  /** A new session knows nothing of a place, and who is in which group may have changed meanwhile. */
  welcome(): void {
    const { about, conversations, emit } = this.#options;
    about.renew();
    for (const conversation of conversations.all)
      if (this.#members.has(conversation)) this.#look(conversation);
    if (!this.#isShared) return;
    this.#tell().catch(({ code, message }: NatterError) => emit({ event: 'error', code, message }));
  }

  /** A conversation is there that was not. */
  opened(conversation: Conversation): void {
    if (this.#options.attentive && isGroup(conversation)) this.#look(conversation);
  }

  /** The server, not oneself, made one belong to a group. */
  enrolled({ target, by = '', km = 0 }: Conversation): void {
    const { conversations, emit } = this.#options;
    // Founded on another device.
    if (conversations.isMine(by)) return;
    emit({ event: 'notice', text: enrolledText(target, by, km) });
  }

  /** A conversation is gone. @param reason of the server's, if one did not leave it oneself */
  gone({ target, by = '', km = 0 }: Conversation, reason: GoneReason | undefined): void {
    const { conversations, emit } = this.#options;
    if (reason === GoneReason.Moved) emit({ event: 'notice', text: movedOutText(target, km) });
    if (reason === GoneReason.Dismantled && !conversations.isMine(by))
      emit({ event: 'notice', text: dismantledText(target, by) });
  }

  /** Everybody in a conversation. */
  listed(conversation: Conversation, users: readonly string[]): void {
    if (!isGroup(conversation)) return;
    this.#members.set(conversation, new Set(users));
    this.#touch(conversation);
  }

  /** Somebody came into a conversation or left it; into the lobby, and out of it, with the connection. */
  moved(conversation: Conversation, user: string, state: Presence): void {
    const { about, conversations } = this.#options;
    if (conversation.kind === 'lobby') {
      for (const each of conversations.all) if (this.#members.get(each)?.has(user)) this.#touch(each);
    } else {
      const members = this.#members.get(conversation);
      if (state === 'offline') members?.delete(user);
      else members?.add(user);
      if (members !== undefined) this.#touch(conversation);
    }
    this.#show(conversation, user, state);
    // Whoever comes back says it again.
    if (conversation.kind === 'lobby' && state === 'offline') about.forget(user);
  }

  /** Somebody shares something else now. */
  shared(user: string, version: number, value: Uint8Array): void {
    const { about, conversations } = this.#options;
    if (!about.update(user, decodeBody(AboutBody, value), version)) return;
    const { lobby } = conversations;
    const state = lobby?.roster.stateOf(user);
    if (lobby !== undefined && state !== undefined) this.#show(lobby, user, state);
  }

  /** Gives out the `group` events that became due in this turn. */
  settle(): void {
    const { conversations, emit } = this.#options;
    for (const conversation of this.#changed) {
      if (conversations.byLog(conversation.log) !== conversation) continue;
      const members = [...(this.#members.get(conversation) ?? [])];
      const here = members.filter((user) => isHere(conversations.lobby?.roster.stateOf(user)));
      emit({ event: 'group', ...groupOf(conversation, here) });
    }
    this.#changed.clear();
  }

  // ---- Within -------------------------------------------------------------------------------------------

  /** Without an answer the list comes with the next who. */
  #look(conversation: Conversation): void {
    this.#options.who(conversation).catch(() => undefined);
  }

  #show({ target: room }: Conversation, user: string, state: Presence): void {
    const { about, emit } = this.#options;
    emit({ event: 'presence', user, state, room, ...(state === 'offline' ? {} : about.of(user)) });
  }

  #touch(conversation: Conversation): void {
    this.#changed.add(conversation);
    this.#options.changed();
  }

  async #locate(at: Whereabouts | undefined): Promise<Location | undefined> {
    const before = this.#place;
    const place = at && (await this.#options.locate(at));
    this.#place = place;
    try {
      await this.#tell();
    } catch (error) {
      if (this.#place === place) this.#place = before;
      throw error;
    }
    this.#isShared = place !== undefined;
    return place;
  }

  async #tell(): Promise<void> {
    await this.#options.calls()?.call(Operation.Here, { c: this.#place?.cell ?? '' }, Empty);
  }

  #calls(): Calls {
    const calls = this.#options.calls();
    if (calls === undefined) throw new NatterError('NOT_LOGGED_IN', 'Log in first.');
    return calls;
  }

  /** The group one founded, else the one one came into last. */
  #ownOrLast(): Conversation | undefined {
    const { conversations } = this.#options;
    const own = conversations.find(`~${conversations.user}`);
    return own ?? [...conversations.all].findLast(({ kind }) => kind === 'geo');
  }

  #latestTag(): string {
    const { conversations } = this.#options;
    if (this.#lastTag !== undefined && conversations.find(`+${this.#lastTag}`)) return this.#lastTag;
    const last = [...conversations.all].findLast(({ kind }) => kind === 'interest');
    if (last !== undefined) return nameKey(last.target.slice(1));
    throw new NatterError('NOT_ALLOWED', 'You have told no interest yet; /interest TAG joins one.');
  }
}

function isHere(state: Presence | undefined): boolean {
  return state === 'online' || state === 'away';
}

function isGroup({ kind }: Conversation): boolean {
  return kind === 'geo' || kind === 'interest';
}

function groupOf({ target, kind, by, km }: Conversation, members: readonly string[]): Group {
  return {
    group: target,
    kind: kind === 'geo' || kind === 'interest' ? kind : 'lobby',
    members,
    ...(by === undefined ? {} : { by }),
    ...(km === undefined ? {} : { km }),
  };
}
