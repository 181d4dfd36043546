/** JSON lines: the events of the command line's contract, made from what a client tells. */
import type { ClientEvent, Message, Room, Transfer } from '../chat/events.js';
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
  const { room, seq, from, text, at, id, kind, file } = message;
  const line = { event: 'message', room, seq, from, text, at: new Date(at).toISOString(), id, kind };
  return file === undefined ? line : { ...line, file };
}

export function acceptedLine(message: Message): object {
  return { event: 'accepted', id: message.id, room: message.room, seq: message.seq };
}

export function presenceLine(event: Extract<ClientEvent, { event: 'presence' }>): object {
  return { event: 'presence', user: event.user, state: event.state, room: event.room };
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
