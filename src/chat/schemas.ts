/**
 * One schema per CBOR body of src/chat/operations.ts. Lengths are capped here as well as where the bytes came
 * in, because a body that passes is trusted from then on.
 */
import * as v from 'valibot';
import {
  FILE_BYTES_MAX,
  FILE_HASH_BYTES,
  FILE_ID_BYTES,
  FILE_NAME_MAX_BYTES,
  FILE_TYPE_MAX_BYTES,
  KEY_BYTES,
  LOG_ID_BYTES,
  SHARED_PER_REPLY,
  TAG_NAME_MAX_BYTES,
  TAGS_PER_REPLY,
  TAGS_SHOWN_MAX,
} from '../net/constants.js';
import { isCell, RADIUS_MAX_KM, RADIUS_MIN_KM } from './geo.js';
import type * as Body from './operations.js';

/** A name as typed may be longer than one that is allowed, so that the refusal can say why. */
const NAME_TYPED_MAX = 512;
/** The same as UTF-8: a UTF-16 unit takes at most 3 bytes. Whoever passes a name on as typed must allow for it. */
export const NAME_TYPED_MAX_BYTES = NAME_TYPED_MAX * 3;
/** OPAQUE messages are a few hundred bytes of base64url. */
const OPAQUE_MAX = 2048;
const TOPIC_MAX = 1024;
const LABEL_MAX = 128;
const SENTENCE_MAX = 1024;
/** Of one account, as far as a client goes along. */
export const CONVERSATIONS_MAX = 1000;

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const name = v.pipe(v.string(), v.maxLength(NAME_TYPED_MAX));
const opaque = v.pipe(v.string(), v.maxLength(OPAQUE_MAX));
const topic = v.pipe(v.string(), v.maxLength(TOPIC_MAX));
const label = v.pipe(v.string(), v.maxLength(LABEL_MAX));
const key = bytes(KEY_BYTES);
const presence = v.picklist([0, 1, 2]);

function bytes(length: number) {
  return v.pipe(
    v.instance(Uint8Array),
    v.check((value) => value.length === length, `expected ${length} bytes`),
  );
}

/** A schema whose result is exactly what operations.ts declares: a difference is an error of types. */
function body<T>() {
  return <S extends v.GenericSchema<unknown, T>>(schema: S): S => schema;
}

export const Refusal = v.object({
  c: v.pipe(v.string(), v.maxLength(64)),
  m: v.pipe(v.string(), v.maxLength(SENTENCE_MAX)),
  d: v.exactOptional(
    v.record(
      v.pipe(v.string(), v.maxLength(64)),
      v.union([v.pipe(v.string(), v.maxLength(SENTENCE_MAX)), v.number()]),
    ),
  ),
});
body<Body.Refusal>()(Refusal);

/**
 * How a conversation is called is also what commands find it by, so it is not changed before it is shown as
 * other text is: a name that could steer a terminal, which no server lets anybody have, is no name.
 */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const conversationName = v.pipe(
  name,
  v.check((value) => !STEERING.test(value), 'expected a name of visible characters'),
);

/** Nothing is asked or answered beyond that it is done: an empty map. */
export const Empty = v.object({});

export const ConversationBody = body<Body.ConversationBody>()(
  v.object({
    l: count,
    i: bytes(LOG_ID_BYTES),
    e: count,
    h: count,
    k: v.picklist([0, 1, 2, 3, 4]),
    n: conversationName,
    t: topic,
    c: count,
    m: count,
    b: v.exactOptional(conversationName),
    r: v.exactOptional(count),
  }),
);

export const RegisterStartBody = body<Body.RegisterStartBody>()(v.object({ n: name, r: opaque }));
export const RegisterStartReply = body<Body.RegisterStartReply>()(v.object({ r: opaque }));
export const RegisterFinishBody = body<Body.RegisterFinishBody>()(
  v.object({ n: name, r: opaque, d: v.boolean(), l: label }),
);
export const LoginStartBody = body<Body.LoginStartBody>()(v.object({ n: name, r: opaque }));
export const LoginStartReply = body<Body.LoginStartReply>()(v.object({ r: opaque }));
export const LoginFinishBody = body<Body.LoginFinishBody>()(
  v.object({ n: name, r: opaque, m: bytes(32), d: v.boolean(), l: label }),
);
export const LoginDeviceBody = body<Body.LoginDeviceBody>()(v.object({ n: name }));
export const WelcomeReply = body<Body.WelcomeReply>()(
  v.object({
    a: bytes(16),
    n: name,
    c: v.pipe(v.array(ConversationBody), v.maxLength(CONVERSATIONS_MAX)),
  }),
);

export const PasswordStartBody = body<Body.PasswordStartBody>()(v.object({ r: opaque }));
export const PasswordStartReply = body<Body.PasswordStartReply>()(v.object({ r: opaque }));
export const PasswordFinishBody = body<Body.PasswordFinishBody>()(v.object({ r: opaque, o: v.boolean() }));
export const DevicesReply = body<Body.DevicesReply>()(
  v.object({
    d: v.pipe(v.array(v.object({ k: key, l: label, s: count, me: v.boolean() })), v.maxLength(256)),
  }),
);
export const DeviceForgetBody = body<Body.DeviceForgetBody>()(v.object({ k: key }));

export const JoinBody = body<Body.JoinBody>()(v.object({ n: name }));
export const LogBody = body<Body.LogBody>()(v.object({ l: count }));
export const DirectBody = body<Body.DirectBody>()(v.object({ n: name }));
export const PersonBody = body<Body.PersonBody>()(v.object({ n: name }));
export const RoomsBody = body<Body.RoomsBody>()(v.object({ a: name }));
export const RoomsReply = body<Body.RoomsReply>()(
  v.object({ r: v.pipe(v.array(v.object({ n: name, t: topic, m: count })), v.maxLength(100)) }),
);
export const TopicBody = body<Body.TopicBody>()(v.object({ l: count, t: topic }));
export const WhoBody = body<Body.WhoBody>()(v.object({ l: count, a: name }));
export const WhoReply = body<Body.WhoReply>()(
  v.object({ u: v.pipe(v.array(v.object({ n: name, s: presence, v: count })), v.maxLength(500)) }),
);
export const CursorBody = body<Body.CursorBody>()(v.object({ l: count, s: count }));
export const AwayBody = body<Body.AwayBody>()(v.object({ a: v.boolean() }));

// ---- Groups ---------------------------------------------------------------------------------------------

/** Nobody shares anything finer than this. */
const cell = v.union([
  v.literal(''),
  v.pipe(v.string(), v.check(isCell, 'expected a geohash of 5 characters')),
]);
const tag = v.pipe(
  conversationName,
  v.check((value) => Buffer.byteLength(value) <= TAG_NAME_MAX_BYTES, 'expected a shorter tag'),
);
const about = { g: cell, i: v.pipe(v.array(tag), v.maxLength(TAGS_SHOWN_MAX)) };

export const GoneEventBody = body<Body.GoneEventBody>()(
  v.object({ l: count, r: v.exactOptional(v.picklist([1, 2])) }),
);
export const HereBody = body<Body.HereBody>()(v.object({ c: cell }));
export const NearBody = body<Body.NearBody>()(
  v.object({ k: v.pipe(count, v.minValue(RADIUS_MIN_KM), v.maxValue(RADIUS_MAX_KM)) }),
);
export const TagsReply = body<Body.TagsReply>()(
  v.object({ t: v.pipe(v.array(v.object({ n: tag, p: count })), v.maxLength(TAGS_PER_REPLY)) }),
);
export const SharedBody = body<Body.SharedBody>()(v.object({ a: name }));
export const SharedReply = body<Body.SharedReply>()(
  v.object({
    p: v.pipe(v.array(v.object({ n: conversationName, v: count, ...about })), v.maxLength(SHARED_PER_REPLY)),
  }),
);
export const AboutBody = body<Body.AboutBody>()(v.object(about));

// ---- Files ----------------------------------------------------------------------------------------------

const fileId = bytes(FILE_ID_BYTES);
const fileHash = bytes(FILE_HASH_BYTES);
const fileName = v.pipe(v.string(), v.maxLength(FILE_NAME_MAX_BYTES));
const fileType = v.pipe(v.string(), v.maxLength(FILE_TYPE_MAX_BYTES));
const fileSize = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(FILE_BYTES_MAX));
const fileState = v.picklist([0, 1, 2, 3, 4]);
const fileAnswer = v.picklist([0, 1, 2, 3]);
const fileEntry = { f: count, i: fileId, n: fileName, s: fileSize, t: fileType };

export const FileEntryBody = body<Body.FileEntryBody>()(v.object(fileEntry));
export const OfferBody = body<Body.OfferBody>()(
  v.object({ l: count, i: fileId, n: fileName, s: fileSize, t: fileType }),
);
export const OfferReply = body<Body.OfferReply>()(v.object({ f: count, q: count }));
export const FileBody = body<Body.FileBody>()(v.object({ f: count }));
export const UploadReply = body<Body.UploadReply>()(v.object({ b: fileSize }));
export const FinishBody = body<Body.FinishBody>()(v.object({ f: count, h: fileHash }));
export const FinishReply = body<Body.FinishReply>()(v.object({ s: fileState }));
export const DownloadReply = body<Body.DownloadReply>()(
  v.object({ s: fileState, z: fileSize, h: v.exactOptional(fileHash) }),
);
export const FileCloseBody = body<Body.FileCloseBody>()(v.object({ f: count, u: v.boolean() }));
export const AnswerBody = body<Body.AnswerBody>()(v.object({ f: count, s: fileAnswer }));
export const FilesBody = body<Body.FilesBody>()(v.object({ l: count, b: count }));
export const OffersBody = body<Body.OffersBody>()(v.object({ a: count }));
export const FilesReply = body<Body.FilesReply>()(
  v.object({
    f: v.pipe(
      v.array(
        v.object({
          ...fileEntry,
          l: count,
          o: name,
          st: fileState,
          b: fileSize,
          w: count,
          a: fileAnswer,
          h: v.exactOptional(fileHash),
        }),
      ),
      v.maxLength(50),
    ),
  }),
);
export const FileEventBody = body<Body.FileEventBody>()(
  v.object({
    f: count,
    l: count,
    s: fileState,
    h: v.exactOptional(fileHash),
    r: v.exactOptional(v.pipe(v.string(), v.maxLength(64))),
  }),
);
export const AnswerEventBody = body<Body.AnswerEventBody>()(
  v.object({ f: count, l: count, n: name, s: fileAnswer }),
);
