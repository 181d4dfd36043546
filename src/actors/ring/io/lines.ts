import type { Connection } from '../../../net/types.js';
import { Line } from './line.js';

/** Which connection and which attempt each wire is. */
export class Lines {
  readonly #byWire = new Map<number, Line>();
  readonly #byConnection = new Map<number, Line>();
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

  open(connection: Connection, wire: number, now: number): Line {
    const line = new Line(connection, wire, now);
    this.#byWire.set(wire, line);
    this.#byConnection.set(connection.id, line);
    return line;
  }

  /** A connection has ended. @returns what it was */
  close(connection: Connection): Line | undefined {
    const line = this.#byConnection.get(connection.id);
    this.#byConnection.delete(connection.id);
    if (line !== undefined) this.#byWire.delete(line.wire);
    return line;
  }

  of(connection: Connection): Line | undefined {
    return this.#byConnection.get(connection.id);
  }

  at(wire: number): Line | undefined {
    return this.#byWire.get(wire);
  }

  all(): Iterable<Line> {
    return this.#byWire.values();
  }
}
