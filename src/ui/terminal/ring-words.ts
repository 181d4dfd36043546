/** The ring in words: for the status bar, for lines, and beside the drawing. */
import type { DrawnPeer, RingStatus } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';
import { clockOf, dayOf } from './chat.js';

const ROLES: Readonly<Record<DrawnPeer['role'], string>> = {
  self: 'you',
  successor: 'next',
  predecessor: 'before',
  long: 'long link',
  extra: 'linked',
  other: 'known',
};

const LINKS: Readonly<Record<DrawnPeer['link'], string>> = {
  dialling: 'dialling',
  handshaking: 'securing',
  syncing: 'catching up',
  live: 'live',
  suspect: 'SILENT',
  gone: 'gone',
  none: 'not linked',
};

/** Those who are linked stand before those who are only known of. */
const ORDER: readonly DrawnPeer['role'][] = ['self', 'predecessor', 'successor', 'long', 'extra', 'other'];

/** `ring: 6 peers, stable since 12:01`, for one line. @param since ms since 1970 */
export function ringText({ peers, state }: RingStatus, since: number): string {
  const others = `${peers} ${peers === 1 ? 'peer' : 'peers'}`;
  switch (state) {
    case 'alone':
      return `ring: ALONE since ${clockOf(since)}`;
    case 'joining':
      return peers === 0 ? 'ring: joining..' : `ring: joining.. ${others}`;
    case 'stable':
      return `ring: ${others}, stable since ${clockOf(since)}`;
    case 'repairing':
      return `ring: ${others}, REPAIRING since ${clockOf(since)}`;
  }
}

/** The same as a sentence that says what follows. @param since ms since 1970 */
export function ringSentence({ peers, state }: RingStatus, since: number): string {
  const others = `${peers} ${peers === 1 ? 'other' : 'others'}`;
  const when = `since ${clockOf(since)}`;
  switch (state) {
    case 'alone':
      return `You are alone in the ring ${when}; what you say is kept for those who come. /invite shows how they do.`;
    case 'joining':
      return `Joining the ring ${when}.`;
    case 'stable':
      return `You are in the ring with ${others}; it is stable ${when}. Everything is encrypted.`;
    case 'repairing':
      return `You are in the ring with ${others}; it is being repaired ${when}. Nothing is lost by that.`;
  }
}

/** Peers as the list shows them: linked ones first, each kind clockwise. */
export function rankedPeers(peers: readonly DrawnPeer[]): readonly DrawnPeer[] {
  const self = peers.find(({ role }) => role === 'self')?.place ?? 0;
  const ahead = ({ place }: DrawnPeer) => (place - self + 1) % 1;
  return [...peers].sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || ahead(a) - ahead(b));
}

export function roleText({ role }: DrawnPeer): string {
  return ROLES[role];
}

/** `live 12 ms`, `SILENT`. */
export function linkText({ role, link, lagMs }: DrawnPeer): string {
  if (role === 'self') return '';
  return lagMs === undefined || link !== 'live' ? LINKS[link] : `${LINKS[link]} ${lagText(lagMs)}`;
}

export function lagText(lagMs: number): string {
  return `${lagMs < 10 ? lagMs.toFixed(1) : Math.round(lagMs)} ms`;
}

/** The ring line by line, for a screen that draws nothing. @param now ms since 1970 */
export function ringLines(status: RingStatus, peers: readonly DrawnPeer[], now: number): string[] {
  const since = now - status.sinceMs;
  const rows = rankedPeers(peers).map((peer) => {
    const { user, place, author } = peer;
    const name = sanitiseLine(user);
    const at = `${(place * 100).toFixed(1).padStart(5)}%`;
    const link = linkText(peer);
    return `${at}  ${name.padEnd(16)} ${roleText(peer).padEnd(10)} ${link.padEnd(14)} ${sanitiseLine(author)}`;
  });
  return [`${ringSentence(status, since)} (${dayOf(since)})`, ...rows];
}
