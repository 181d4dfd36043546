import type { ActorRow } from '../../../actors/inspect/frames.js';

export type Search = (row: ActorRow) => boolean;

const FIELDS = ['thread', 'actor', 'kind', 'state', 'machine', 'life'] as const;
type Field = (typeof FIELDS)[number];

const COMPARISON = /^(restarts|mailbox)(>=|<=|>|<|=)(\d{1,9})$/;
const IN_FIELD = /^(\w+):(.+)$/;

/** `session/17` is of the kind `session`. */
export function kindOf(actor: string): string {
  const at = actor.indexOf('/');
  return at < 0 ? actor : actor.slice(0, at);
}

/**
 * What was typed, as a question: words that all must be found somewhere in an actor, `kind:room` in one field only,
 * `restarts>0` and `mailbox>=10` as numbers. Undefined for nothing at all.
 */
export function searchOf(text: string): Search | undefined {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const tests = words.map(testOf);
  return tests.length === 0 ? undefined : (row) => tests.every((test) => test(row));
}

function testOf(word: string): Search {
  const [, figure, relation, limit] = COMPARISON.exec(word) ?? [];
  if (figure !== undefined && relation !== undefined)
    return (row) => holds(figure === 'restarts' ? row.restarts : row.mailbox, relation, Number(limit));
  const [, name, wanted] = IN_FIELD.exec(word) ?? [];
  const field = FIELDS.find((each) => each === name);
  if (field !== undefined && wanted !== undefined) return (row) => fieldOf(row, field).includes(wanted);
  return (row) =>
    fieldOf(row, 'actor').includes(word) ||
    fieldOf(row, 'state').includes(word) ||
    fieldOf(row, 'machine').includes(word) ||
    fieldOf(row, 'thread').includes(word) ||
    (row.life !== 'live' && row.life.includes(word));
}

function fieldOf(row: ActorRow, field: Field): string {
  return (field === 'kind' ? kindOf(row.actor) : (row[field] ?? '')).toLowerCase();
}

function holds(value: number, relation: string, limit: number): boolean {
  if (relation === '>') return value > limit;
  if (relation === '<') return value < limit;
  if (relation === '>=') return value >= limit;
  if (relation === '<=') return value <= limit;
  return value === limit;
}
