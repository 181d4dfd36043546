/** The slash commands about people nearby and like-minded, and about the ring. Who calls shows the error of whatever fails. */
import type { GroupCommand } from '../../chat/commands.js';
import { NatterError } from '../../chat/error.js';
import type { Group, GroupCommands, Location, RingCommands, Room, Target } from '../../chat/events.js';
import { parsePoint, parseRadius } from '../../chat/geo.js';
import { parseTag } from '../../chat/tag.js';
import { sanitiseLine } from '../../chat/text.js';
import type { Model } from './model.js';
import { ringLines, ringSentence } from './ring-words.js';

/** What these commands need of the screen around them. */
export interface GroupHost {
  readonly model: Model;
  readonly commands: GroupCommands;
  /** Undefined with a server; the gatekeeper lets no command of the ring through then. */
  readonly ring?: RingCommands;
  note(text: string): void;
  open(room: Target): void;
  /** Shows the ring, where there is a place for a drawing. @returns false where there is none */
  showRing(): boolean;
  /** Shows a command to be copied, where there is a place for it. @returns false where there is none */
  showInvite(command: string): boolean;
  /** ms since 1970. */
  now(): number;
}

type Handler = (args: readonly string[]) => Promise<void>;

/** Something that is a point, however wrong it may be; anything else names a city. */
const POINT = /^[+-]?[\d.]+\s*,|^[+-]?[\d.]+$/;

export function groupCommands(host: GroupHost): Readonly<Record<GroupCommand, Handler>> {
  const { commands, model, note } = host;
  const go = (room: Room) => {
    host.open(room.room);
    // Named, not `here`: the conversation may open a moment after this is told.
    note(`What you say in ${room.room} goes to ${reachOf(room)}.`);
  };
  return {
    near: async ([km]) => go(await commands.near(km === undefined ? undefined : parseRadius(km))),
    interest: async ([tag]) => go(await commands.interest(tag === undefined ? undefined : parseTag(tag))),
    lobby: async () => {
      const { lobby } = model;
      if (lobby === undefined) throw new NatterError('NOT_A_MEMBER', 'There is no lobby yet; wait a moment.');
      host.open(lobby.room);
    },
    where: async ([place]) => {
      if (place !== undefined) await commands.locate(placeOf(place));
      const location = await commands.location();
      model.surroundings.place = location;
      note([locationText(location), ...neighbourLines(model)].join('\n'));
    },
    status: async () => note((await statusLines(host)).join('\n')),
    invite: async () => {
      if (host.ring === undefined) return;
      // In quotes: a shell would take the link apart at its first &.
      const command = `natter ring --join '${await host.ring.invite()}'`;
      // In a line of its own: it is copied.
      if (!host.showInvite(command)) note(`Others come here with:\n${command}`);
    },
    ring: async () => {
      if (host.ring === undefined || host.showRing()) return;
      const [status, peers] = await Promise.all([host.ring.ringStatus(), host.ring.ringView()]);
      note(ringLines(status, peers, host.now()).join('\n'));
    },
  };
}

/** What `/where` was given. @returns undefined for `off` */
export function placeOf(text: string): Parameters<GroupCommands['locate']>[0] {
  if (text.toLowerCase() === 'off') return undefined;
  return POINT.test(text) ? parsePoint(text) : { city: text };
}

function locationText(location: Location | undefined): string {
  if (location === undefined)
    return 'You share no place. /where LAT,LON or /where CITY shares one, coarse to about 5 km.';
  const { cell, city } = location;
  return `You share the area ${sanitiseLine(cell)}, about 5 km around ${sanitiseLine(city)}. /where off ends it.`;
}

/** `Around you: ana (near), bo (region).` */
function neighbourLines({ neighbours }: Model): string[] {
  if (neighbours.length === 0) return [];
  return [`Around you: ${neighbours.map(({ user, nearness }) => `${user} (${nearness})`).join(', ')}.`];
}

function reachOf({ kind }: Room): string {
  return kind === 'interest' ? 'everybody who shares this interest' : 'everybody in this group nearby';
}

async function statusLines({ commands, ring, model, now }: GroupHost): Promise<string[]> {
  const { me, link, conversations } = model;
  const unsent = conversations.reduce((sum, { timeline }) => sum + timeline.unanswered, 0);
  const [groups, location, status, addresses = []] = await Promise.all([
    commands.groups(),
    commands.location(),
    ring?.ringStatus(),
    ring?.addresses(),
  ]);
  const detail = link.detail === '' ? '' : `: ${link.detail}`;
  const connection =
    status === undefined
      ? [
          `The link is ${link.state}${detail}.`,
          ...(link.state === 'live'
            ? [`The round trip takes ${link.lagMs.toFixed(1)} ms. Everything is encrypted.`]
            : []),
        ]
      : [
          ringSentence(status, now() - status.sinceMs),
          addresses.length === 0
            ? 'No address is known by which others could reach you.'
            : `Others reach you at ${addresses.map(sanitiseLine).join(', ')}.`,
        ];
  const place =
    location === undefined ? 'You share no place.' : `You share ${sanitiseLine(location.city)}, coarsely.`;
  const inRing = model.community === undefined ? '' : ` in the ring ${sanitiseLine(model.community)}`;
  return [
    `You are ${me === '' ? 'not logged in' : me}${inRing}. ${place}`,
    ...connection,
    ...groups.map(groupLine),
    `Conversations: ${conversations.length}, unsent messages: ${unsent}.`,
  ];
}

/** `~ana: 3 within 25 km, founded by ana: ana, bo, cyd`. */
function groupLine({ group, kind, members, by, km }: Group): string {
  const names = members.map(sanitiseLine);
  const what = [
    String(names.length),
    ...(kind === 'geo' && km !== undefined ? [`within ${km} km`] : []),
    ...(kind === 'geo' && by !== undefined ? [`founded by ${sanitiseLine(by)}`] : []),
  ];
  const head = `${sanitiseLine(group)}: ${kind === 'geo' ? `${what[0]} ${what.slice(1).join(', ')}` : what[0]}`;
  return kind === 'lobby' ? head : `${head.trimEnd()}: ${names.sort().join(', ')}`;
}
