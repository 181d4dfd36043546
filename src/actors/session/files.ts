/** What a client may do with files: operations 40 to 48, as asks to transfers and blobs, which check whose file it is. */
import type * as v from 'valibot';
import { NatterError } from '../../chat/error.js';
import { safeFileName } from '../../chat/filename.js';
import { EntryKind, FileState } from '../../chat/operations.js';
import type * as schemas from '../../chat/schemas.js';
import { encodeBody } from '../../chat/wire.js';
import { goneError } from '../../store/files/gone.js';
import { ASK_MS, askBlobs, enterEntry } from '../asking.js';
import type * as Body from '../blobs/bodies.js';
import { packCbor, unpackCbor } from '../cbor.js';
import { BlobsMessage, TransferMessage } from '../messages.js';
import { notAMember, rateLimited } from '../refusal.js';
import { Kind } from '../runtime/actor.js';
import type { SessionScope } from './scope.js';

type In<S extends v.GenericSchema> = v.InferOutput<S>;

/** RFC 6838 section 4.2, less what nobody registers. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;
const UNKNOWN_TYPE = 'application/octet-stream';
/** An address's number; a larger one names no file. */
const FILE_NUMBER_MAX = 2 ** 48 - 1;

/** Makes the file, then its entry. Both know a repeat by the file's id, so whatever failed between is made good. */
export async function offer(scope: SessionScope, body: In<typeof schemas.OfferBody>): Promise<object> {
  const { context, conversations, limits } = scope;
  const { account, name } = scope.author();
  const { l, i, s } = body;
  if (!conversations.has(l)) throw notAMember();
  if (s > limits.fileBytesMax)
    throw new NatterError(
      'FILE_TOO_LARGE',
      `This server takes files of at most ${limits.fileBytesMax} bytes; send it in parts.`,
      { bytes: limits.fileBytesMax },
    );
  const waitMs = scope.offers.take(context.clock.now());
  if (waitMs > 0) throw rateLimited(waitMs);
  const t = MEDIA_TYPE.test(body.t) ? body.t : UNKNOWN_TYPE;
  const create: Body.CreateFile = { a: account, i, o: name, l, n: safeFileName(body.n), s, t };
  const row = await askBlobs<Body.FileRow>(context, BlobsMessage.Create, create);
  if (row.st === FileState.Gone) throw goneError(row.r);
  if (row.l !== l)
    throw new NatterError(
      'BAD_ARGUMENT',
      'This file was offered elsewhere before; offer it with another id.',
    );
  const entry = encodeBody({ f: row.f, i: row.i, n: row.n, s: row.s, t: row.t });
  try {
    const own = { account, author: name, stream: i, kind: EntryKind.File, body: entry };
    return { f: row.f, q: await enterEntry(context, l, own) };
  } catch (error) {
    if (error instanceof NatterError && error.code === 'NOT_A_MEMBER')
      // Nobody will ever see it: it must not take room until it is too old.
      void askBlobs(context, BlobsMessage.Remove, { f: row.f, r: 'CANCELLED' }).catch(() => undefined);
    throw error;
  }
}

export function upload(scope: SessionScope, { f }: In<typeof schemas.FileBody>): Promise<object> {
  return open<Body.UploadOpened>(scope, f, true);
}

export function download(scope: SessionScope, { f }: In<typeof schemas.FileBody>): Promise<object> {
  return open<Body.DownloadOpened>(scope, f, false);
}

async function open<T extends { readonly l: number }>(
  scope: SessionScope,
  f: number,
  u: boolean,
): Promise<object> {
  const { conversations, files } = scope;
  files.requireRoom(f, u);
  const type = u ? TransferMessage.Upload : TransferMessage.Download;
  const { l, ...reply } = await askTransfer<T>(scope, f, type, {}).catch((error: unknown) => {
    // It may have been open before: what the client is told must be so.
    files.close(f, u);
    throw error;
  });
  files.opened({ f, u, l });
  if (conversations.has(l)) return reply;
  // Left while it was being opened.
  files.close(f, u);
  throw notAMember();
}

export function finish(scope: SessionScope, { f, h }: In<typeof schemas.FinishBody>): Promise<object> {
  return askTransfer(scope, f, TransferMessage.Finish, { h });
}

/** Asked, although closing tells the transfer already: an answer says that nothing more comes. */
export async function fileClose(
  scope: SessionScope,
  { f, u }: In<typeof schemas.FileCloseBody>,
): Promise<object> {
  scope.files.close(f, u);
  return askTransfer(scope, f, TransferMessage.Close, { u });
}

export function withdraw(scope: SessionScope, { f }: In<typeof schemas.FileBody>): Promise<object> {
  return askTransfer(scope, f, TransferMessage.Withdraw, {});
}

export function answer(scope: SessionScope, { f, s }: In<typeof schemas.AnswerBody>): Promise<object> {
  return askTransfer(scope, f, TransferMessage.Answer, { n: scope.author().name, s });
}

export function files(scope: SessionScope, { l, b }: In<typeof schemas.FilesBody>): Promise<object> {
  const { account } = scope.author();
  if (!scope.conversations.has(l)) throw notAMember();
  return askBlobs<Body.FileList>(scope.context, BlobsMessage.List, {
    l,
    a: account,
    b,
  } satisfies Body.ListFiles);
}

export function offers(scope: SessionScope, { a: above }: In<typeof schemas.OffersBody>): Promise<object> {
  const { account } = scope.author();
  const list: Body.ListOffers = { a: account, l: [...scope.conversations.logs()], g: above };
  return askBlobs<Body.FileList>(scope.context, BlobsMessage.Offers, list);
}

async function askTransfer<T extends object>(
  scope: SessionScope,
  f: number,
  type: number,
  more: object,
): Promise<T> {
  if (f > FILE_NUMBER_MAX) throw goneError(undefined);
  const request: Body.FileRequest = { c: scope.conn, a: scope.author().account, ...more };
  const to = { kind: Kind.Transfer, key: f } as const;
  return unpackCbor<T>(await scope.context.ask(to, type, packCbor(request), ASK_MS));
}
