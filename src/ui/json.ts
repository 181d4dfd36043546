/** JSON lines: the events of the command line's contract, made from what a client tells. */
import type {
  DrawnPeer,
  Group,
  Location,
  Message,
  Person,
  RingStatus,
  Room,
  Target,
  Transfer,
} from '../chat/events.js';
import type { Console } from './console.js';
import { print } from './console.js';

/**
 * Everything that could steer a terminal and that JSON itself leaves as it is. Escaping keeps the text exact
 * for a program and harmless for whoever looks at the lines.
 */
const STEERING = /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}\p{Cf}]/gu;

/** One object on one line of standard output. */
export function printJson(console: Console, value: object): void {
  print(console, JSON.stringify(value).replace(STEERING, escapeUnits));
}

function escapeUnits(char: string): string {
  return Array.from({ length: char.length }, (_, index) => {
    return `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}

export function joinedLine(room: Room): object {
  return { event: 'joined', room: room.room, seq: room.head };
}

export function messageLine(message: Message): object {
  const { room, seq, from, text, at, id, kind, file, author, clock } = message;
  return {
    ...{ event: 'message', room, seq, from, text, at: new Date(at).toISOString(), id, kind },
    ...(author === undefined ? {} : { author }),
    ...(clock === undefined ? {} : { clock }),
    ...(file === undefined ? {} : { file }),
  };
}

export function acceptedLine(message: Message): object {
  return { event: 'accepted', id: message.id, room: message.room, seq: message.seq };
}

/** @param room where; without it the person is meant as such */
export function presenceLine({ user, state, author, near, interests }: Person, room?: Target): object {
  return {
    ...{ event: 'presence', user, state },
    ...(room === undefined ? {} : { room }),
    ...(author === undefined ? {} : { author }),
    ...(near === undefined ? {} : { near }),
    ...(interests === undefined ? {} : { interests }),
  };
}

export function ringLine({ peers, state, successor, predecessor }: RingStatus): object {
  return {
    ...{ event: 'ring', peers, state },
    ...(successor === undefined ? {} : { successor }),
    ...(predecessor === undefined ? {} : { predecessor }),
  };
}

export function groupLine({ group, kind, members, by, km }: Group): object {
  return {
    ...{ event: 'group', group, kind, members },
    ...(by === undefined ? {} : { by }),
    ...(km === undefined ? {} : { km }),
  };
}

/** What became of private words; `failed` and why when they did not get through. */
export function deliveryLine({ id, delivery, reason }: Message): object {
  return { event: 'delivery', id, state: delivery, ...(reason === undefined ? {} : { reason }) };
}

/** The place one shares; without anything when one shares none. */
export function placeLine(location: Location | undefined): object {
  return { event: 'place', ...(location === undefined ? {} : { cell: location.cell, city: location.city }) };
}

export function peerLine({ user, author, place, role, link, lagMs }: DrawnPeer): object {
  return { event: 'peer', user, author, place, role, link, ...(lagMs === undefined ? {} : { lagMs }) };
}

/** `path` only when the file is whole; `code` and `reason` when it failed or stands still. */
export function transferLine(transfer: Transfer): object {
  const { id, name, size, type, from, to, state, bytes, rate, repeated, path, hash, code, reason } = transfer;
  return {
    event: 'transfer',
    ...{ id, name, size, type, from, to, state, bytes, rate: Math.round(rate), repeated },
    ...(path !== undefined && state === 'done' ? { path } : {}),
    ...(hash === undefined ? {} : { hash }),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
  };
}
