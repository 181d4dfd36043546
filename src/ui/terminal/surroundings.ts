/** What is around oneself besides conversations: one's place, who is near, what others like, and the ring. */
import type { Group, Location, Person, RingStatus, Target } from '../../chat/events.js';
import { isCell, kmBetween } from '../../chat/geo.js';
import type { People } from './people.js';

/** How near somebody is: never more than this is said of a person. */
export type Nearness = 'here' | 'near' | 'region';

/** Up to so many km, from the middle of a cell to that of the other. */
const NEARNESS: readonly (readonly [number, Nearness])[] = [
  [0, 'here'],
  [25, 'near'],
  [100, 'region'],
];

export interface Neighbour {
  readonly user: string;
  readonly nearness: Nearness;
}

/** An interest that others have and oneself has not. */
export interface Suggestion {
  readonly tag: string;
  readonly people: number;
}

/** As it was told, and since when it has been so, ms since 1970. */
export interface RingNow extends RingStatus {
  readonly since: number;
}

type IsMe = (person: Person) => boolean;

interface Derived {
  readonly from: string;
  readonly neighbours: readonly Neighbour[];
  readonly suggestions: readonly Suggestion[];
}

export class Surroundings {
  /** The groups one is in. */
  readonly groups = new Map<Target, Group>();
  /** The place one shares. */
  place: Location | undefined;
  ring: RingNow | undefined;
  #derived: Derived = { from: '', neighbours: [], suggestions: [] };

  /** Who is near oneself, the nearest first. */
  neighbours(everyone: People | undefined, isMe: IsMe): readonly Neighbour[] {
    return this.#derive(everyone, isMe).neighbours;
  }

  /** What others are interested in, the commonest first. */
  suggestions(everyone: People | undefined, isMe: IsMe): readonly Suggestion[] {
    return this.#derive(everyone, isMe).suggestions;
  }

  /** Made anew only when somebody or oneself has changed: a frame asks several times. */
  #derive(everyone: People | undefined, isMe: IsMe): Derived {
    if (everyone === undefined) return { from: '', neighbours: [], suggestions: [] };
    const own = [...this.groups.keys()].join(' ');
    const from = `${everyone.revision} ${this.place?.cell ?? ''} ${own}`;
    if (this.#derived.from === from) return this.#derived;
    const neighbours = neighboursOf(everyone, isMe, this.place?.cell);
    this.#derived = { from, neighbours, suggestions: suggestionsOf(everyone, isMe, this.groups) };
    return this.#derived;
  }
}

function neighboursOf(everyone: People, isMe: IsMe, cell: string | undefined): Neighbour[] {
  if (cell === undefined) return [];
  const found: Neighbour[] = [];
  for (const person of everyone.all()) {
    const { user, near = '', state } = person;
    if (isMe(person) || state === 'offline' || !isCell(near)) continue;
    const km = kmBetween(cell, near);
    const nearness = NEARNESS.find(([limit]) => km <= limit)?.[1];
    if (nearness !== undefined) found.push({ user, nearness });
  }
  const rank = ({ nearness }: Neighbour) => NEARNESS.findIndex(([, each]) => each === nearness);
  return found.sort((a, b) => rank(a) - rank(b) || a.user.localeCompare(b.user));
}

function suggestionsOf(everyone: People, isMe: IsMe, groups: ReadonlyMap<Target, Group>): Suggestion[] {
  const counts = new Map<string, number>();
  for (const person of everyone.all()) {
    const { state, interests = [] } = person;
    if (isMe(person) || state === 'offline') continue;
    for (const tag of interests) if (!groups.has(`+${tag}`)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts]
    .map(([tag, people]) => ({ tag, people }))
    .sort((a, b) => b.people - a.people || a.tag.localeCompare(b.tag));
}
