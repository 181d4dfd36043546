import {
  Operation,
  type RoomsReply as Rooms,
  type SharedReply as Shared,
  type WhoReply as Who,
} from '../../chat/operations.js';
import { RoomsReply, SharedReply, WhoReply } from '../../chat/schemas.js';
import { ROOMS_PER_REPLY, SHARED_PER_REPLY, WHO_PER_REPLY } from '../../net/constants.js';
import type { Calls } from './calls.js';

/** So many pages at most, whatever a server says. */
const PAGES_MAX = 200;

/** Who is there: log 0 stands for everyone. */
export async function listWho(calls: Calls, log: number): Promise<Who['u']> {
  return pages(
    (a) => calls.call(Operation.Who, { l: log, a }, WhoReply),
    (reply) => reply.u,
    WHO_PER_REPLY,
  );
}

/** What people who are online share about themselves. */
export async function listShared(calls: Calls): Promise<Shared['p']> {
  return pages(
    (a) => calls.call(Operation.Shared, { a }, SharedReply),
    (reply) => reply.p,
    SHARED_PER_REPLY,
  );
}

export async function listRooms(calls: Calls): Promise<Rooms['r']> {
  return pages(
    (a) => calls.call(Operation.Rooms, { a }, RoomsReply),
    (reply) => reply.r,
    ROOMS_PER_REPLY,
  );
}

/** Asks for what comes after the last name until a page is not full. */
async function pages<R, T extends { readonly n: string }>(
  ask: (after: string) => Promise<R>,
  listOf: (reply: R) => readonly T[],
  size: number,
): Promise<T[]> {
  const all: T[] = [];
  let after = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const list = listOf(await ask(after));
    all.push(...list);
    const last = list.at(-1);
    if (last === undefined || list.length < size) break;
    after = last.n;
  }
  return all;
}
