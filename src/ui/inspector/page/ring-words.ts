import type { RingDot } from '../../../actors/inspect/frames.js';
import { nameOf } from './ring-layout.js';

const ROLES: Readonly<Record<RingDot['role'], string>> = {
  self: 'you',
  successor: 'successor',
  predecessor: 'predecessor',
  both: 'successor and predecessor',
  long: 'long link',
  other: 'other link',
  known: 'known',
};

/** `successor`, `long link, suspect` */
export function roleText({ role, link }: RingDot): string {
  return link === 'broken' || link === 'suspect' ? `${ROLES[role]}, ${link}` : ROLES[role];
}

/** `7.4 ms`; empty where it is not known. */
export function lagText({ lagMs }: RingDot): string {
  return lagMs === undefined ? '' : `${lagMs < 10 ? lagMs.toFixed(1) : Math.round(lagMs)} ms`;
}

/** All of it, for whoever points at somebody. */
export function describe(dot: RingDot): string {
  return [nameOf(dot, 40), roleText(dot), lagText(dot)].filter((part) => part !== '').join(', ');
}
