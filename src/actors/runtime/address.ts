import { type Address, Kind } from './actor.js';

const KEYS = 2 ** 48;

/** One number for an address, for tables: kinds are below 32, so it stays exact. */
export function addressNumber(kind: number, key: number): number {
  return kind * KEYS + key;
}

export function addressOf(number: number): Address {
  return { kind: Math.floor(number / KEYS) as Kind, key: number % KEYS };
}

const NAMES = new Map<number, string>(Object.entries(Kind).map(([name, kind]) => [kind, name.toLowerCase()]));

/** For people: `room/17`. */
export function addressText({ kind, key }: Address): string {
  return `${NAMES.get(kind) ?? kind}/${key}`;
}
