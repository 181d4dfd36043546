/** Replies remembered for repeats. */
const REPLIES_MAX = 64;
const REPLIES_BYTES_MAX = 256 * 1024;

interface Kept {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * What was answered to a session's last requests, so that a request that comes again is answered again and
 * not done again. Oldest go first.
 */
export class Replies {
  readonly #kept = new Map<number, Kept>();
  readonly #underWay = new Set<number>();
  #bytes = 0;

  /** True while the request is being worked on: its repeat is ignored. */
  underWay(request: number): boolean {
    return this.#underWay.has(request);
  }

  find(request: number): Kept | undefined {
    return this.#kept.get(request);
  }

  begin(request: number): void {
    this.#underWay.add(request);
  }

  /** The request will not be answered; its repeat starts anew. */
  abandon(request: number): void {
    this.#underWay.delete(request);
  }

  finish(request: number, status: number, body: Buffer): void {
    this.#underWay.delete(request);
    this.#kept.set(request, { status, body });
    this.#bytes += body.length;
    for (const [oldest, { body }] of this.#kept) {
      if (this.#kept.size <= REPLIES_MAX && this.#bytes <= REPLIES_BYTES_MAX) return;
      this.#kept.delete(oldest);
      this.#bytes -= body.length;
    }
  }

  get pending(): number {
    return this.#underWay.size;
  }
}
