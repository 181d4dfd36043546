import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A page of one's own shows its token as soon as it is connected, so few are strangers at a time. */
const STRANGERS_MAX = 24;

/**
 * Who is connected. Whoever has not shown the token is a stranger, and strangers only have a part of the connections
 * that there are: when one more comes, the one that has waited longest gives way. So nobody can hold all of them, by
 * silence or by asking for what is refused, and keep out whoever has the link.
 */
export class Callers {
  /** Oldest first. */
  readonly #strangers = new Set<Socket>();
  readonly #dismissed = new WeakSet<Socket>();

  constructor(http: Server) {
    http.on('connection', (socket) => this.#greet(socket));
  }

  /** It has shown the token. */
  trust(socket: Socket): void {
    this.#strangers.delete(socket);
  }

  /** It is answered for the last time: what it has sent beyond that is not looked at. */
  dismiss(socket: Socket): void {
    this.#dismissed.add(socket);
  }

  isDismissed(socket: Socket): boolean {
    return this.#dismissed.has(socket);
  }

  #greet(socket: Socket): void {
    this.#strangers.add(socket);
    socket.once('close', () => this.#strangers.delete(socket));
    if (this.#strangers.size <= STRANGERS_MAX) return;
    const [oldest] = this.#strangers;
    oldest?.destroy();
  }
}
