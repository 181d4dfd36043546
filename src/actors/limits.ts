import { join } from 'node:path';
import * as v from 'valibot';
import { AtomicJson } from '../store/json.js';

/** What one client, one address and one account may do. `limits.json` in the data folder overrides any of them. */
export interface ServerLimits {
  /** Posts of one session. Enough for a script that pipes a file in, little enough that nobody else notices. */
  readonly postsPerS: number;
  readonly postsBurst: number;
  /** Requests besides posts and fetches, of one session. */
  readonly requestsPerS: number;
  readonly requestsBurst: number;
  readonly fetchesPerS: number;
  readonly fetchesBurst: number;
  /** Typing notices of one session; more are dropped, since the newest wins anyway. */
  readonly typingPerS: number;
  readonly typingBurst: number;
  /** Wrong passwords per account and address. */
  readonly loginsPerMinute: number;
  /** Wrong passwords per account from all addresses together: looser, since strangers could lock the owner out. */
  readonly loginsPerAccountPerMinute: number;
  /** Wrong passwords from one address, for whatever names: each costs the server some milliseconds. */
  readonly loginsPerAddressPerMinute: number;
  readonly registrationsPerAddressPerMinute: number;
  /** Rooms and private conversations made from one address; they stay for good. */
  readonly newConversationsPerAddressPerMinute: number;
  /** A session that does not log in is closed after this. */
  readonly anonymousMs: number;
  /** Handshakes of one address. */
  readonly handshakesPerS: number;
  readonly handshakesBurst: number;
  readonly connectionsMax: number;
  /** Of one address: enough for a company behind one, not for filling every place. */
  readonly connectionsPerAddressMax: number;
  /** Frames of one connection, whatever they ask; more than all the other limits together let through. */
  readonly framesPerS: number;
  readonly framesBurst: number;
  /** Files offered by one session. */
  readonly offersPerMinute: number;
  readonly offersBurst: number;
  /** One file, in bytes. */
  readonly fileBytesMax: number;
  /** All files of one account that are here or being sent, by their declared sizes. */
  readonly fileBytesPerAccount: number;
  /** All files together; beyond it, and below `diskFreeBytes`, nothing new is taken. */
  readonly fileBytesAltogether: number;
  /** Left free on the disk for what people say. */
  readonly diskFreeBytes: number;
  /** A file is forgotten after this. */
  readonly fileDays: number;
  /** So is one whose upload stands still. */
  readonly uploadDays: number;
}

const GIB = 2 ** 30;

export const LIMITS: ServerLimits = {
  postsPerS: 400,
  postsBurst: 800,
  requestsPerS: 50,
  requestsBurst: 200,
  fetchesPerS: 200,
  fetchesBurst: 400,
  typingPerS: 5,
  typingBurst: 10,
  loginsPerMinute: 3,
  loginsPerAccountPerMinute: 30,
  loginsPerAddressPerMinute: 60,
  registrationsPerAddressPerMinute: 120,
  newConversationsPerAddressPerMinute: 60,
  anonymousMs: 60_000,
  handshakesPerS: 20,
  handshakesBurst: 5,
  connectionsMax: 20_000,
  connectionsPerAddressMax: 1_000,
  framesPerS: 1000,
  framesBurst: 2000,
  offersPerMinute: 60,
  offersBurst: 100,
  fileBytesMax: 64 * GIB,
  fileBytesPerAccount: 128 * GIB,
  fileBytesAltogether: 1024 * GIB,
  diskFreeBytes: GIB / 4,
  fileDays: 30,
  uploadDays: 3,
};

const positive = v.pipe(v.number(), v.minValue(0), v.finite());

/** `limits.json`: any of the limits, nothing else, so that a misspelt one is noticed. */
const Overrides = v.strictObject(
  Object.fromEntries(Object.keys(LIMITS).map((name) => [name, v.exactOptional(positive)])),
);

/**
 * The limits of a data folder's `limits.json`, if it has one.
 * @throws NatterError DATA_CORRUPT naming the file and the entry at fault
 */
export function readLimits(folder: string): Partial<ServerLimits> {
  const path = join(folder, 'limits.json');
  const file = new AtomicJson<Partial<ServerLimits>>(path, (value) => {
    const result = v.safeParse(Overrides, value);
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw new Error(`${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
  });
  return file.read() ?? {};
}
