import type { ConversationBody } from '../../chat/operations.js';
import { Writer } from '../../net/bytes.js';
import { ASK_MS } from '../asking.js';
import { unpackCbor } from '../cbor.js';
import { RoomMessage, SessionMessage } from '../messages.js';
import { Kind } from '../runtime/actor.js';
import { complete } from './conversations.js';
import type { SessionScope } from './scope.js';

/** Has a room or a group take this account in; its other sessions are told. @returns the conversation */
export async function enterRoom(scope: SessionScope, log: number): Promise<ConversationBody> {
  const { context, conversations, conn } = scope;
  const { account, name } = scope.author();
  const body = new Writer(128).bytes(account).text(name).varint(conn).view();
  const answer = await context.ask({ kind: Kind.Room, key: log }, RoomMessage.Join, body, ASK_MS);
  const joined = unpackCbor<ConversationBody>(answer);
  conversations.opened(log);
  scope.notify(account, SessionMessage.Conversation, answer);
  const [conversation] = await complete(context, account, [joined]);
  return { ...joined, c: conversation?.c ?? 0 };
}
