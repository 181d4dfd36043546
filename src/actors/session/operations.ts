import type * as v from 'valibot';
import { NatterError } from '../../chat/error.js';
import { Operation } from '../../chat/operations.js';
import * as schemas from '../../chat/schemas.js';
import { sanitiseLine } from '../../chat/text.js';
import { decodeBody } from '../../chat/wire.js';
import { Reader, Writer } from '../../net/bytes.js';
import { ASK_MS, askRegistry } from '../asking.js';
import { packCbor, unpackCbor } from '../cbor.js';
import { PresenceMessage, RegistryMessage, RoomMessage, SessionMessage, StoreMessage } from '../messages.js';
import { notAMember } from '../refusal.js';
import type * as Body from '../registry/bodies.js';
import { LOGIN_WAIT_MS } from '../registry/login-queue.js';
import { LOBBY } from '../registry/state.js';
import { type Address, Kind } from '../runtime/actor.js';
import { PRESENCE, STORE } from '../singletons.js';
import { complete, readHead } from './conversations.js';
import { enterRoom } from './entering.js';
import * as files from './files.js';
import * as groups from './groups.js';
import { ONLY_THIS } from './notices.js';
import type { SessionScope } from './scope.js';

/** One row of the table: whom it is for, what it reads, what it does. */
export interface OperationSpec {
  readonly needs: 'nobody' | 'account';
  /** May end in a login. */
  readonly authenticates: boolean;
  /** @throws NatterError PROTOCOL when the body is not what the operation wants */
  prepare(body: Uint8Array): (scope: SessionScope) => Promise<object>;
}

const TOPIC_MAX_BYTES = 160;

/** Operations by their byte. The gatekeeper is uplink.ts: it checks needs, limits and repeats before any runs. */
export const OPERATIONS: ReadonlyMap<number, OperationSpec> = new Map<number, OperationSpec>([
  [Operation.RegisterStart, login(schemas.RegisterStartBody, registerStart)],
  [Operation.RegisterFinish, login(schemas.RegisterFinishBody, registerFinish)],
  [Operation.LoginStart, login(schemas.LoginStartBody, loginStart)],
  [Operation.LoginFinish, login(schemas.LoginFinishBody, loginFinish)],
  [Operation.LoginDevice, login(schemas.LoginDeviceBody, loginDevice)],
  [Operation.PasswordStart, chat(schemas.PasswordStartBody, passwordStart)],
  [Operation.PasswordFinish, chat(schemas.PasswordFinishBody, passwordFinish)],
  [Operation.Logout, chat(schemas.Empty, logout)],
  [Operation.Devices, chat(schemas.Empty, devices)],
  [Operation.DeviceForget, chat(schemas.DeviceForgetBody, deviceForget)],
  [Operation.Join, chat(schemas.JoinBody, join)],
  [Operation.Leave, chat(schemas.LogBody, leave)],
  [Operation.Direct, chat(schemas.DirectBody, direct)],
  [Operation.Rooms, chat(schemas.RoomsBody, rooms)],
  [Operation.Topic, chat(schemas.TopicBody, topic)],
  [Operation.Who, chat(schemas.WhoBody, who)],
  [Operation.Person, chat(schemas.PersonBody, person)],
  [Operation.Cursor, chat(schemas.CursorBody, cursor)],
  [Operation.Away, chat(schemas.AwayBody, away)],
  [Operation.Here, chat(schemas.HereBody, groups.here)],
  [Operation.Near, chat(schemas.NearBody, groups.near)],
  [Operation.Tags, chat(schemas.Empty, groups.tags)],
  [Operation.Shared, chat(schemas.SharedBody, groups.shared)],
  [Operation.Offer, chat(schemas.OfferBody, files.offer)],
  [Operation.Upload, chat(schemas.FileBody, files.upload)],
  [Operation.Finish, chat(schemas.FinishBody, files.finish)],
  [Operation.Download, chat(schemas.FileBody, files.download)],
  [Operation.FileClose, chat(schemas.FileCloseBody, files.fileClose)],
  [Operation.Withdraw, chat(schemas.FileBody, files.withdraw)],
  [Operation.Answer, chat(schemas.AnswerBody, files.answer)],
  [Operation.Files, chat(schemas.FilesBody, files.files)],
  [Operation.Offers, chat(schemas.OffersBody, files.offers)],
]);

type Run<S extends v.GenericSchema> = (scope: SessionScope, body: v.InferOutput<S>) => Promise<object>;

function login<S extends v.GenericSchema>(schema: S, run: Run<S>): OperationSpec {
  return { needs: 'nobody', authenticates: true, prepare: prepared(schema, run) };
}

function chat<S extends v.GenericSchema>(schema: S, run: Run<S>): OperationSpec {
  return { needs: 'account', authenticates: false, prepare: prepared(schema, run) };
}

function prepared<S extends v.GenericSchema>(schema: S, run: Run<S>): OperationSpec['prepare'] {
  return (bytes) => {
    const body = decodeBody(schema, bytes);
    return (scope) => run(scope, body);
  };
}

// ---- Accounts -------------------------------------------------------------------------------------------

type In<S extends v.GenericSchema> = v.InferOutput<S>;

function attempt({ conn, address }: SessionScope, { n, r }: { n: string; r: string }): Body.PasswordAttempt {
  return { n, r, c: conn, p: address };
}

function registerStart(scope: SessionScope, body: In<typeof schemas.RegisterStartBody>): Promise<object> {
  return askRegistry(scope.context, RegistryMessage.RegisterStart, attempt(scope, body));
}

async function registerFinish(
  scope: SessionScope,
  body: In<typeof schemas.RegisterFinishBody>,
): Promise<object> {
  const finish: Body.RegisterFinish = { ...body, c: scope.conn, k: scope.device, l: sanitiseLine(body.l) };
  return scope.welcome(await askRegistry(scope.context, RegistryMessage.RegisterFinish, finish));
}

function loginStart(scope: SessionScope, body: In<typeof schemas.LoginStartBody>): Promise<object> {
  // It may have to wait for other logins of its account before it begins.
  const deadlineMs = ASK_MS + LOGIN_WAIT_MS;
  return askRegistry(scope.context, RegistryMessage.LoginStart, attempt(scope, body), deadlineMs);
}

async function loginFinish(scope: SessionScope, body: In<typeof schemas.LoginFinishBody>): Promise<object> {
  const finish: Body.LoginFinish = {
    ...body,
    c: scope.conn,
    p: scope.address,
    k: scope.device,
    h: scope.handshakeHash,
    l: sanitiseLine(body.l),
  };
  const identified = await askRegistry<Body.Identified>(scope.context, RegistryMessage.LoginFinish, finish);
  const welcome = await scope.welcome(identified);
  scope.proved();
  return welcome;
}

async function loginDevice(scope: SessionScope, { n }: In<typeof schemas.LoginDeviceBody>): Promise<object> {
  const device: Body.LoginDevice = { n, k: scope.device };
  return scope.welcome(await askRegistry(scope.context, RegistryMessage.LoginDevice, device));
}

async function passwordStart(
  scope: SessionScope,
  { r }: In<typeof schemas.PasswordStartBody>,
): Promise<object> {
  scope.requireProof();
  const start: Body.PasswordStart = { a: scope.author().account, r };
  return askRegistry(scope.context, RegistryMessage.PasswordStart, start);
}

async function passwordFinish(
  scope: SessionScope,
  { r, o }: In<typeof schemas.PasswordFinishBody>,
): Promise<object> {
  scope.requireProof();
  const { account } = scope.author();
  const finish: Body.PasswordFinish = { a: account, r, k: scope.device, o };
  await askRegistry(scope.context, RegistryMessage.PasswordFinish, finish);
  if (o) scope.notify(account, SessionMessage.Revoked, scope.device);
  return {};
}

async function logout(scope: SessionScope): Promise<object> {
  await askRegistry(scope.context, RegistryMessage.DeviceLogout, own(scope));
  scope.logout();
  return {};
}

function devices(scope: SessionScope): Promise<object> {
  return askRegistry(scope.context, RegistryMessage.Devices, own(scope));
}

async function deviceForget(
  scope: SessionScope,
  { k }: In<typeof schemas.DeviceForgetBody>,
): Promise<object> {
  const { account } = scope.author();
  await askRegistry(scope.context, RegistryMessage.DeviceForget, { a: account, k });
  scope.notify(account, SessionMessage.Revoked, new Writer(64).bytes(k).u8(ONLY_THIS).view());
  return {};
}

function own(scope: SessionScope): Body.DeviceOf {
  return { a: scope.author().account, k: scope.device };
}

// ---- Conversations --------------------------------------------------------------------------------------

async function join(scope: SessionScope, { n }: In<typeof schemas.JoinBody>): Promise<object> {
  if (groups.isGroup(n)) return groups.join(scope, n);
  const open: Body.RoomOpen = { a: scope.author().account, n, p: scope.address };
  const { l } = await askRegistry<Body.ByLog>(scope.context, RegistryMessage.RoomOpen, open);
  return l === LOBBY ? lobby(scope) : enterRoom(scope, l);
}

/** Everybody is in it: nothing is joined, only looked up. */
async function lobby(scope: SessionScope): Promise<object> {
  const { Conversations: type } = RegistryMessage;
  const { c } = await askRegistry<Body.ConversationsReply>(scope.context, type, own(scope));
  const [conversation] = await complete(scope.context, scope.author().account, c.slice(0, 1));
  return conversation ?? {};
}

async function leave(scope: SessionScope, { l }: In<typeof schemas.LogBody>): Promise<object> {
  const { account, name } = scope.author();
  // Left already, or a repeat of the request that did it.
  if (!scope.conversations.has(l)) return {};
  await scope.context.ask(
    room(l),
    RoomMessage.Leave,
    new Writer(128).bytes(account).text(name).view(),
    ASK_MS,
  );
  scope.conversations.close(l);
  scope.notify(account, SessionMessage.ConversationGone, new Writer(16).varint(l).view());
  groups.changed(scope);
  return {};
}

/** Both sides are told even if the conversation exists: the message that told them before may have been lost. */
async function direct(scope: SessionScope, { n }: In<typeof schemas.DirectBody>): Promise<object> {
  const { account } = scope.author();
  const open: Body.DirectOpen = { a: account, n, p: scope.address };
  const { o, mine, theirs } = await askRegistry<Body.DirectOpened>(
    scope.context,
    RegistryMessage.DirectOpen,
    open,
  );
  const [conversation] = await complete(scope.context, account, [mine]);
  if (!conversation) throw new NatterError('INTERNAL', 'The conversation could not be read; try again.');
  if (!scope.conversations.has(mine.l)) scope.conversations.open(mine.l, account);
  const { e, h } = conversation;
  scope.notify(account, SessionMessage.Conversation, packCbor({ ...mine, e, h }));
  scope.notify(o, SessionMessage.Conversation, packCbor({ ...theirs, e, h }));
  return conversation;
}

function rooms(scope: SessionScope, { a }: In<typeof schemas.RoomsBody>): Promise<object> {
  return askRegistry(scope.context, RegistryMessage.Rooms, { a });
}

async function topic(scope: SessionScope, { l, t }: In<typeof schemas.TopicBody>): Promise<object> {
  const { account, name } = scope.author();
  if (!scope.conversations.has(l)) throw notAMember();
  const line = sanitiseLine(t).trim();
  if (Buffer.byteLength(line) > TOPIC_MAX_BYTES)
    throw new NatterError('TEXT_TOO_LONG', `A topic has at most ${TOPIC_MAX_BYTES} bytes; shorten it.`);
  const body = new Writer(512).bytes(account).text(name).text(line).view();
  await scope.context.ask(room(l), RoomMessage.Topic, body, ASK_MS);
  return {};
}

async function who(scope: SessionScope, { l, a }: In<typeof schemas.WhoBody>): Promise<object> {
  const { account } = scope.author();
  const everyone = l === 0 || l === LOBBY;
  if (!everyone && !scope.conversations.has(l)) throw notAMember();
  const answer = everyone
    ? await scope.context.ask(PRESENCE, PresenceMessage.Who, new Writer(64).text(a).view(), ASK_MS)
    : await scope.context.ask(room(l), RoomMessage.Who, new Writer(64).bytes(account).text(a).view(), ASK_MS);
  return unpackCbor<object>(answer);
}

async function person(scope: SessionScope, { n }: In<typeof schemas.PersonBody>): Promise<object> {
  const body: Body.ByName = { n };
  const found = await askRegistry<Body.AccountFound>(scope.context, RegistryMessage.AccountByName, body);
  return { n: found.n };
}

/** A cursor beyond the head would hide what is still to be said. */
async function cursor(scope: SessionScope, { l, s }: In<typeof schemas.CursorBody>): Promise<object> {
  const { account } = scope.author();
  if (!scope.conversations.has(l)) throw notAMember();
  const { h } = await readHead(scope.context, l);
  const body = new Writer(64).bytes(account).varint(l).varint(Math.min(s, h)).view();
  const moved = new Reader(await scope.context.ask(STORE, StoreMessage.Cursor, body, ASK_MS)).varint();
  scope.notify(
    account,
    SessionMessage.CursorMoved,
    new Writer(32).varint(l).varint(moved).varint(scope.conn).view(),
  );
  return {};
}

async function away(scope: SessionScope, { a }: In<typeof schemas.AwayBody>): Promise<object> {
  scope.author();
  scope.setAway(a);
  return {};
}

function room(log: number): Address {
  return { kind: Kind.Room, key: log };
}
