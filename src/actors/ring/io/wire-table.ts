import type { Connection } from '../../../net/types.js';
import { OpenWire } from './open-wire.js';

/** Which connection and which attempt each wire is. */
export class WireTable {
  readonly #byWire = new Map<number, OpenWire>();
  readonly #byConnection = new Map<number, OpenWire>();
  readonly #attempts = new Map<number, number>();
  readonly #dialling = new Map<number, number>();

  /** A handshake of ours has begun. */
  dial(wire: number, attempt: number): void {
    this.#attempts.set(attempt, wire);
    this.#dialling.set(wire, attempt);
  }

  /** The attempt of a wire, which is over now. */
  takeAttempt(wire: number): number | undefined {
    const attempt = this.#dialling.get(wire);
    if (attempt !== undefined) this.ended(attempt);
    return attempt;
  }

  /** An attempt is over. @returns its wire */
  ended(attempt: number): number | undefined {
    const wire = this.#attempts.get(attempt);
    this.#attempts.delete(attempt);
    if (wire !== undefined) this.#dialling.delete(wire);
    return wire;
  }

  get size(): number {
    return this.#byWire.size;
  }

  get dialling(): Iterable<number> {
    return [...this.#dialling.keys()];
  }

  open(connection: Connection, wire: number, now: number): OpenWire {
    const open = new OpenWire(connection, wire, now);
    this.#byWire.set(wire, open);
    this.#byConnection.set(connection.id, open);
    return open;
  }

  /** A connection has ended. @returns what it was */
  close(connection: Connection): OpenWire | undefined {
    const open = this.#byConnection.get(connection.id);
    this.#byConnection.delete(connection.id);
    if (open !== undefined) this.#byWire.delete(open.wire);
    return open;
  }

  of(connection: Connection): OpenWire | undefined {
    return this.#byConnection.get(connection.id);
  }

  at(wire: number): OpenWire | undefined {
    return this.#byWire.get(wire);
  }

  all(): Iterable<OpenWire> {
    return this.#byWire.values();
  }
}
