import { NatterError } from '../../chat/error.js';
import { centreOf, isReached, type Point } from '../../chat/geo.js';
import { ConversationKind } from '../../chat/operations.js';
import { parseTag } from '../../chat/tag.js';
import type * as Body from './bodies.js';
import type { Change } from './change.js';
import type { Ledger } from './ledger.js';
import type { Making } from './making.js';
import { type Account, type Conversation, idKey } from './state.js';

/**
 * Interests and groups of people nearby, as far as they last: what there is, and who belongs to it. Where people
 * are is known to the groups actor alone, and only while they are here: it says who has to enter and to leave.
 */
export class Groups {
  readonly #ledger: Ledger;
  readonly #making: Making;

  constructor(ledger: Ledger, making: Making) {
    this.#ledger = ledger;
    this.#making = making;
  }

  /** An interest's group, made if it does not exist. @throws NatterError NAME_*, NOT_ALLOWED, RATE_LIMITED */
  async openInterest({ a, n, p }: Body.RoomOpen): Promise<Body.ByLog> {
    const { state } = this.#ledger;
    const tag = parseTag(n);
    let log = state.interest(tag)?.log ?? 0;
    await this.#ledger.commit(() => {
      log = state.interest(tag)?.log ?? 0;
      if (log !== 0) return [];
      const founder = this.#making.account(a);
      this.#making.checkRooms(founder);
      this.#making.charge(p);
      log = state.nextLog;
      return [{ t: 'interest', log, id: this.#making.newId(), tag, founder: founder.id }];
    });
    return { l: log };
  }

  /**
   * A group around a cell, in place of the one its founder had. The same one again, as when a request is repeated,
   * is the one there is. @throws NatterError RATE_LIMITED
   */
  async found({ a, c, k, p }: Body.GeoFound): Promise<Body.GeoFounded> {
    const { state } = this.#ledger;
    const founder = this.#making.account(a);
    let founded: Body.GeoFounded = { l: 0 };
    await this.#ledger.commit(() => {
      const before = state.geoOf(founder.id);
      founded = { l: before?.log ?? 0 };
      if (before?.group?.cell === c && before.group.km === k) return [];
      this.#making.charge(p);
      const log = state.nextLog;
      founded = before ? { l: log, o: before.log } : { l: log };
      const anew: Change = { t: 'geo', log, id: this.#making.newId(), founder: founder.id, cell: c, km: k };
      return before ? [{ t: 'dismantled', log: before.log }, anew] : [anew];
    });
    return founded;
  }

  /** The group of a founder, as one account sees it. @throws NatterError NO_SUCH_ROOM */
  foundBy(founder: Account, account: Uint8Array): Body.GeoFoundBy {
    const geo = this.#ledger.state.geoOf(founder.id);
    if (!geo?.group) {
      const who = founder.id.equals(account) ? 'You have' : `${founder.name} has`;
      throw new NatterError('NO_SUCH_ROOM', `${who} founded no group; found one with /near KM.`);
    }
    const { cell, km } = geo.group;
    return { l: geo.log, c: cell, k: km, m: this.#ledger.state.isMember(geo.log, account) };
  }

  /** What being in a cell means for an account's geo groups. */
  plan({ a, c }: Body.GeoPlan): Body.GeoPlanned {
    const account = this.#ledger.state.account(a);
    if (!account) return { e: [], g: [] };
    const key = idKey(a);
    const here = c === '' ? undefined : centreOf(c);
    const e: number[] = [];
    const g: number[] = [];
    for (const geo of this.#ledger.state.geoGroups()) {
      const isIn = geo.members.has(key);
      if (reaches(geo, here) === isIn) continue;
      if (isIn) g.push(geo.log);
      else if (!geo.group?.declined.has(key)) e.push(geo.log);
    }
    return { e, g };
  }

  members(): Body.GeoMembers {
    const all = new Map<string, Buffer>();
    for (const { members } of this.#ledger.state.geoGroups())
      for (const key of members) all.set(key, Buffer.from(key, 'latin1'));
    return { a: [...all.values()] };
  }

  /**
   * Whoever is in too many groups stays out, and who declined, unless they ask for it themselves.
   * @returns those that belong to it now
   */
  async addMembers({ l, a, x }: Body.Memberships): Promise<Body.MembersAdded> {
    const members: Body.Identified[] = [];
    await this.#ledger.commit(() => {
      const { declined } = this.#geo(l).group ?? {};
      const added: Change[] = [];
      for (const each of a) {
        const account = this.#ledger.state.account(each);
        if (!account) continue;
        if (!this.#ledger.state.isMember(l, each)) {
          if (!this.#making.hasRoomForGeo(account) || (!x && declined?.has(idKey(each)))) continue;
          added.push({ t: 'member', log: l, account: account.id });
        }
        members.push({ a: account.id, n: account.name });
      }
      return added;
    });
    return { m: members };
  }

  async removeMembers({ l, a }: Body.Memberships): Promise<object> {
    await this.#ledger.commit(() => {
      this.#geo(l);
      const members = a.filter((each) => this.#ledger.state.isMember(l, each));
      return members.map((each) => ({ t: 'memberGone', log: l, account: Buffer.from(each) }));
    });
    return {};
  }

  interestsOf(account: Uint8Array): Body.InterestsReply {
    const logs = this.#ledger.state.account(account)?.conversations ?? [];
    const tags: string[] = [];
    for (const log of logs) {
      const conversation = this.#ledger.state.conversations.get(log);
      if (conversation?.kind === ConversationKind.Interest) tags.push(conversation.name);
    }
    return { i: tags };
  }

  #geo(log: number): Conversation {
    const conversation = this.#making.conversation(log);
    if (conversation.kind !== ConversationKind.Geo)
      throw new NatterError('NOT_ALLOWED', 'Only groups of people nearby take their members so.');
    return conversation;
  }
}

function reaches({ group }: Conversation, point: Point | undefined): boolean {
  return point !== undefined && group?.centre !== undefined && isReached(point, group.centre, group.km);
}
