import * as messages from './messages.js';
import { RingMessage, WireMessage } from './ring-messages.js';
import { SystemMessage } from './runtime/actor.js';

type Table = Readonly<Record<string, number>>;

/** By receiving kind, as `addressText` writes it. */
const TABLES: Readonly<Record<string, Table>> = {
  io: messages.IoMessage,
  session: messages.SessionMessage,
  room: messages.RoomMessage,
  store: messages.StoreMessage,
  files: messages.FilesMessage,
  blobs: messages.BlobsMessage,
  transfer: messages.TransferMessage,
  registry: messages.RegistryMessage,
  groups: messages.GroupsMessage,
  presence: messages.PresenceMessage,
  wire: WireMessage,
  ring: RingMessage,
};

const NAMES = new Map(
  Object.entries(TABLES).map(([kind, table]) => [
    kind,
    new Map(Object.entries(table).map(([name, type]) => [type, name])),
  ]),
);
const SYSTEM = new Map<number, string>(Object.entries(SystemMessage).map(([name, type]) => [type, name]));

/** What a message's number means to its receiver. @param to as `addressText` writes it: `room/17` */
export function messageName(to: string, type: number): string {
  const kind = to.split('/', 1)[0] ?? '';
  return SYSTEM.get(type) ?? NAMES.get(kind)?.get(type) ?? `message ${type}`;
}
