import type { PeerId } from '../net/ring/types.js';
import type { Member } from './member.js';

/** What goes on longer goes in circles. */
const HOPS_MAX = 64;

/** Over how many links greedy routing leads from one member to another; undefined when it ends somewhere else. */
export function hopsBetween(
  from: Member,
  to: Member,
  find: (id: PeerId) => Member | undefined,
): number | undefined {
  let at = from;
  for (let hops = 0; hops < HOPS_MAX; hops++) {
    if (at === to) return hops;
    const next = at.peer.overlay.next(to.place);
    const member = next === undefined ? undefined : find(next);
    if (member === undefined) return undefined;
    at = member;
  }
  return undefined;
}
