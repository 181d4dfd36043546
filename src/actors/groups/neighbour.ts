import type { Cell } from '../../chat/geo.js';
import { nameKey } from '../../chat/name.js';

/** One account as groups knows it: where it is, what it likes, and over which connections it is here. */
export class Neighbour {
  readonly account: Buffer;
  readonly name: string;
  readonly sortKey: string;
  /** Empty while nobody has told where. */
  cell: Cell | '' = '';
  /** When its client told so, ms since 1970: of two devices the later one holds. */
  at = 0;
  /** The connection that told it; once that is gone the place is forgotten after a while. */
  toldBy = 0;
  /** Without `+`. */
  tags: readonly string[] = [];
  readonly conns = new Set<number>();
  /** Of what the lobby is told. Grows with every change, also beyond a restart. */
  version = 0;
  /** Runs out when the place is to be forgotten. */
  timer: unknown;

  constructor(account: Buffer, name: string) {
    this.account = account;
    this.name = name;
    this.sortKey = nameKey(name);
  }

  get isHere(): boolean {
    return this.conns.size > 0;
  }

  get shares(): boolean {
    return this.cell !== '' || this.tags.length > 0;
  }
}
