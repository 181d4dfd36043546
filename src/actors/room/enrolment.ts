import { GoneReason } from '../../chat/operations.js';
import { type Reader, Writer } from '../../net/bytes.js';
import { ACCOUNT_ID_BYTES } from '../../net/constants.js';
import { askRegistry } from '../asking.js';
import { packCbor } from '../cbor.js';
import { PresenceMessage, RegistryMessage, RoomMessage, SessionMessage } from '../messages.js';
import type * as Body from '../registry/bodies.js';
import { PRESENCE } from '../singletons.js';
import { conversationOf } from './conversation.js';
import type { RoomState, Run } from './requests.js';

const NOTHING = new Uint8Array();
const NOTIFY_BYTES_MAX = 4096;

/** Requests about a group of people nearby: groups says who is, the registry makes it last, the room tells them. */
export function enrolment(room: RoomState): Readonly<Record<number, (reader: Reader) => Run>> {
  const { context } = room;

  const notify = (account: Uint8Array, type: number, body: Uint8Array): void => {
    const writer = new Writer(256, NOTIFY_BYTES_MAX).bytes(account).u16(type).bytes(body);
    context.tell(PRESENCE, PresenceMessage.Notify, writer.view());
  };

  const enrol = async (a: readonly Buffer[], x: boolean): Promise<Uint8Array> => {
    const adding: Body.Memberships = { l: room.log, a, x };
    const { MembersAdd: type } = RegistryMessage;
    const { m: members } = await askRegistry<Body.MembersAdded>(context, type, adding);
    const fresh = members.filter(({ a: account }) => !room.members.has(account));
    for (const { a: account, n } of fresh) room.members.add(account, n);
    for (const { n } of fresh) room.announce(n, true);
    // All of them: asked again, this room does not know whom it told before.
    const body = packCbor(conversationOf(room));
    for (const { a: account } of members) notify(account, SessionMessage.Conversation, body);
    return NOTHING;
  };

  const dismiss = async (a: readonly Buffer[]): Promise<Uint8Array> => {
    const removing: Body.Memberships = { l: room.log, a, x: false };
    await askRegistry(context, RegistryMessage.MembersRemove, removing);
    // All of them: what the registry knew already this room may not.
    for (const account of a) remove(account, GoneReason.Moved);
    return NOTHING;
  };

  const remove = (account: Buffer, reason: GoneReason): void => {
    const name = room.members.nameOf(account);
    if (name === undefined) return;
    room.members.remove(account);
    room.readers.removeAccount(account);
    room.announce(name, false);
    notify(account, SessionMessage.ConversationGone, new Writer(16).varint(room.log).u8(reason).view());
  };

  return {
    [RoomMessage.Enrol]: (reader) => {
      const isExplicit = reader.u8() === 1;
      const accounts = accountsIn(reader);
      return () => enrol(accounts, isExplicit);
    },
    [RoomMessage.Dismiss]: (reader) => {
      const accounts = accountsIn(reader);
      return () => dismiss(accounts);
    },
    [RoomMessage.Dismantle]: () => () => {
      for (const account of room.members.accounts()) remove(account, GoneReason.Dismantled);
      return NOTHING;
    },
  };
}

function accountsIn(reader: Reader): readonly Buffer[] {
  return Array.from({ length: reader.varint() }, () => Buffer.from(reader.bytes(ACCOUNT_ID_BYTES)));
}
