import { NatterError } from '../../chat/error.js';
import type { ClientEvent } from '../../chat/events.js';
import { EntryKind } from '../../chat/operations.js';
import { contactOf } from '../../net/ring/contact.js';
import type { StoredLetter } from '../../store/mail/letters.js';
import type { TransferRecord } from '../../store/transfers.js';
import type { FileRoom } from '../client/files/around.js';
import type { Disk } from '../client/files/disk.js';
import { RingFiles } from '../ring/files/files.js';
import type { RingPeer } from '../ring/peer.js';
import type { PeerWorld } from '../ring/world.js';
import type { RingRoom } from './room.js';
import type { RingRooms } from './rooms.js';

const FILES = 'files';

type Durable = (letter: StoredLetter) => void;

/** Says in conversations what files are offered there. */
export class Offers {
  readonly #peer: RingPeer;
  readonly #rooms: RingRooms;
  /** Letters that are being written, by id. */
  readonly #writing = new Map<string, Durable>();

  constructor(peer: RingPeer, rooms: RingRooms) {
    this.#peer = peer;
    this.#rooms = rooms;
  }

  /** Resolves once it is durable. @throws NatterError what it is refused with */
  offer({ room: target, peer: to }: TransferRecord, body: Buffer): Promise<void> {
    const { feeds, parts, people } = this.#peer;
    return new Promise((resolve, reject) => {
      if (to !== undefined) {
        this.#writing.set(parts.talk.say(to, EntryKind.File, body), ({ state, reason }) =>
          state === 'failed' ? reject(new NatterError('READ_ONLY', reason)) : resolve(),
        );
        return;
      }
      const { group } = this.#rooms.get(target);
      if (group === undefined)
        throw new NatterError('NOT_A_MEMBER', `You are not in ${target}; join it first.`);
      const entry = feeds.compose(group.bytes, EntryKind.File, people.own.name, body);
      feeds.post(entry, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** A letter is durable, or could not be kept. */
  letter(letter: StoredLetter): void {
    const durable = letter.mine ? this.#writing.get(letter.id) : undefined;
    this.#writing.delete(letter.id);
    durable?.(letter);
  }
}

export interface FilesOptions {
  readonly world: PeerWorld;
  /** 32 bytes. */
  readonly community: Buffer;
  readonly peer: RingPeer;
  readonly rooms: RingRooms;
  readonly offers: Offers;
  readonly disk: () => Disk;
  readonly emit: (event: ClientEvent) => void;
}

/** Files of a peer, over its links and in its conversations. */
export function openFiles({ world, community, peer, rooms, offers, disk, emit }: FilesOptions): RingFiles {
  const { links, groups, people } = peer;
  return new RingFiles({
    clock: world.clock,
    tap: world.tap,
    random: world.random,
    turnEnd: (run) => world.turnEnd(run),
    self: contactOf(community, world.identity.publicKey, []),
    community,
    disk,
    port: {
      wires: world.wires,
      send: (to, type, body, lane) => links.send(to, type, body, lane),
      wireOf: (id) => links.find(id)?.wire,
      peerOf: (wire) => links.peerOf(wire),
      reach: (id, on) => {
        const contact = people.roster.get(id)?.record.contact;
        if (!on) links.unneed(id, FILES);
        else if (contact !== undefined) links.need(contact, FILES);
      },
      isOnline: (id) => people.roster.shown(id) !== undefined,
      isMember: (target, id) => {
        const group = rooms.find(target)?.group;
        const record = people.roster.shown(id);
        return group !== undefined && record !== undefined && groups.isMember(group, record);
      },
      open: async (target) => fileRoom(rooms.get(target)),
      offer: (record, body) => offers.offer(record, body),
      emit,
      name: () => people.own.name,
    },
  });
}

/** Of a conversation, what files need to know. Logs have numbers with a server only. */
export function fileRoom({ kind, target, peer }: RingRoom): FileRoom {
  return { log: 0, kind, target, ...(peer === undefined ? {} : { peer }) };
}
