/** How the connection fares, as the status bar says it. */
import type { ClientEvent, LinkState } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';

/** On the way to a connection. */
const TRYING: ReadonlySet<LinkState> = new Set(['dialling', 'handshaking', 'authenticating']);

export class Link {
  state: LinkState = 'offline';
  lagMs = 0;
  /** Since when there has been no connection although there was one, ms since 1970. */
  lostAt: number | undefined;
  detail = '';

  /** @param now ms since 1970 */
  apply({ state, lagMs, sinceMs, detail }: Extract<ClientEvent, { event: 'link' }>, now: number): void {
    const isLost = state === 'reconnecting' || (this.lostAt !== undefined && TRYING.has(state));
    // Each new attempt passes through the same states as the first one; the loss lasts until one succeeds.
    const clean = sanitiseLine(detail);
    this.detail = isLost && clean === '' ? this.detail : clean;
    this.lostAt = isLost ? (this.lostAt ?? now - sinceMs) : undefined;
    this.state = state;
    this.lagMs = lagMs;
  }
}
