/** Tells what happens in a run, line by line, to look at what went wrong. */
import { FrameType } from '../net/constants.js';
import type { Member } from './member.js';

const NAMES = new Map<number, string>(Object.entries(FrameType).map(([name, type]) => [type, name]));

export class Trace {
  readonly #tell: (line: string) => void;
  readonly #members: ReadonlySet<number>;
  readonly #from: number;

  /** @param members whose doings are told; empty for everybody's @param from milliseconds */
  constructor(tell: (line: string) => void, members: readonly number[], from: number) {
    this.#tell = tell;
    this.#members = new Set(members);
    this.#from = from;
  }

  happens(now: number, member: number, what: string): void {
    if (this.#concerns(now, member)) this.#line(now, `${member} ${what}`);
  }

  frame(now: number, from: number, to: number, type: number, body: Buffer): void {
    if (!this.#concerns(now, from) && !this.#concerns(now, to)) return;
    this.#line(now, `${from} -> ${to}  ${NAMES.get(type) ?? `0x${type.toString(16)}`} ${body.length} bytes`);
  }

  moved(now: number, member: Member): void {
    if (!this.#concerns(now, member.number)) return;
    const { state, predecessor, successors, size } = member.neighbourhood;
    const names = successors.map(({ addresses: [address] }) => address?.address ?? '?').join(' ');
    const before = predecessor?.addresses[0]?.address ?? '-';
    this.#line(now, `${member.number} ${state}, of about ${size}: ${before} < ${names}`);
  }

  #concerns(now: number, member: number): boolean {
    return now >= this.#from && (this.#members.size === 0 || this.#members.has(member));
  }

  #line(now: number, text: string): void {
    this.#tell(`${(now / 1000).toFixed(3).padStart(8)}  ${text}`);
  }
}
