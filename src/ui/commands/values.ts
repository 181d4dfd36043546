/** Reads the values of flags. Each throws a NatterError that names what it wanted. */
import { NatterError } from '../../chat/error.js';
import type { Target } from '../../chat/events.js';
import { parseName, parseTarget } from '../../chat/name.js';

/** A whole number from 0 on. */
export function count(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw new NatterError('BAD_ARGUMENT', `"${value}" is not a number; write 0 or more.`);
  }
  return number;
}

/** A whole number from 1 to 64. */
export function natural(value: string): number {
  const number = count(value);
  if (number < 1 || number > 64) throw new NatterError('BAD_ARGUMENT', `"${value}" is not between 1 and 64.`);
  return number;
}

/** A conversation that a server keeps: a room or a person. */
export function serverTarget(value: string): Target {
  const { kind, target } = parseTarget(value);
  if (kind === 'room' || kind === 'direct') return target;
  throw new NatterError(
    'BAD_ARGUMENT',
    `A server has no groups such as ${target}; name a #room or a @person.`,
  );
}

/** An account's name, with or without its `@`. */
export function person(value: string): string {
  return parseName(value.replace(/^@/, '')).name;
}
