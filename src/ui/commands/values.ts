/** Reads the values of flags. Each throws a NatterError that names what it wanted. */
import { NatterError } from '../../chat/error.js';
import type { Target } from '../../chat/events.js';
import { parseInvite } from '../../chat/invite.js';
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

/** A whole number up to `max`. */
export function upTo(max: number, min = 0): (value: string) => number {
  return (value) => {
    const number = count(value);
    if (number >= min && number <= max) return number;
    throw new NatterError('BAD_ARGUMENT', `"${value}" is not between ${min} and ${max}.`);
  };
}

/** Of a TCP port; 0 means any. */
export const tcpPort = upTo(65_535);

/** A share of a whole, below 1. */
export function share(value: string): number {
  const number = Number(value);
  if (/^\d*\.?\d+$/.test(value) && number < 1) return number;
  throw new NatterError('BAD_ARGUMENT', `"${value}" is not a share; write a number such as 0.3.`);
}

/** Whole numbers with commas between them. */
export function counts(value: string): readonly number[] {
  return value.split(',').map(count);
}

/** One of these words. */
export function oneOf<T extends string>(words: readonly T[]): (value: string) => T {
  return (value) => {
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw new NatterError('BAD_ARGUMENT', `"${value}" is none of ${words.join(', ')}.`);
  };
}

/** A room, a person, an interest, or a group of people nearby. */
export function target(value: string): Target {
  return parseTarget(value).target;
}

/** An invite link, read as a whole when it is used; what is none is told at once. */
export function inviteLink(value: string): string {
  parseInvite(value);
  return value;
}

/** An account's name, with or without its `@`. */
export function person(value: string): string {
  return parseName(value.replace(/^@/, '')).name;
}
