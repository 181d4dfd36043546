/**
 * The members of the fan-out bench, all in one process with a socket each. The first is the one who talks.
 * A run keeps `inFlight` messages unanswered for a while and counts what reaches the members.
 */
import { randomFillSync } from 'node:crypto';
import type { KeyPair } from '../net/types.js';
import type { HubAddress } from './hub.js';
import { Member } from './member.js';

const TEXT_BYTES = 64;
/** What has not come this long after the last message was sent never comes. */
const LATE_MS = 10_000;

export interface RunOrder {
  readonly inFlight: number;
  readonly forMs: number;
  /** Wait this long between messages: an idle server's latency. 0: as fast as answers come. */
  readonly pauseMs: number;
}

export interface RunResult {
  readonly messages: number;
  readonly deliveries: number;
  readonly elapsedMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** What the bench needs of a crowd, whichever protocol it speaks. */
interface Crowd {
  readonly size: number;
  /** Sends the speaker's next message. */
  say(text: Buffer): void;
  /** Called when the speaker's message number n (from 1) was answered. */
  answered: (n: number) => void;
  /** Called when member m (0 is the speaker) got message n. */
  delivered: (m: number, n: number) => void;
  close(): Promise<void>;
}

async function natterCrowd(server: HubAddress, size: number): Promise<Crowd> {
  const { default: sodium } = await import('sodium-native');
  const members: Member[] = [];
  let log = 0;
  let before = 0;
  for (let m = 0; m < size; m++) {
    const keys: KeyPair = { publicKey: Buffer.alloc(32), secretKey: Buffer.alloc(32) };
    sodium.crypto_kx_keypair(keys.publicKey, keys.secretKey);
    const member = await Member.open(server, keys, (target) => randomFillSync(target));
    await member.register(`member${m}`);
    const room = await member.join('bench');
    log = room.l;
    before = room.h;
    members.push(member);
  }
  const crowd: Crowd = {
    size,
    say: (text) => members[0]?.post(log, text),
    answered: () => {},
    delivered: () => {},
    close: async () => {
      for (const member of members) await member.close();
    },
  };
  for (const [m, member] of members.entries()) {
    member.onPush = (from, seq) => {
      if (from === log) crowd.delivered(m, seq - before);
    };
    member.onAccepted = (counter) => crowd.answered(counter);
  }
  return crowd;
}

async function websocketCrowd(server: HubAddress, size: number): Promise<Crowd> {
  const { WebSocket } = await import('ws');
  const sockets: InstanceType<typeof WebSocket>[] = [];
  const crowd: Crowd = {
    size,
    say: (text) => sockets[0]?.send(text),
    answered: () => {},
    delivered: () => {},
    close: async () => {
      for (const socket of sockets) socket.close();
    },
  };
  for (let m = 0; m < size; m++) {
    const socket = new WebSocket(`ws://${server.host}:${server.port}`, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    let n = 0;
    socket.on('message', () => {
      n++;
      if (m === 0) crowd.answered(n);
      crowd.delivered(m, n);
    });
    sockets.push(socket);
  }
  return crowd;
}

/** Message numbers go on counting from run to run. */
let said = 0;

function run(crowd: Crowd, order: RunOrder): Promise<RunResult> {
  const text = Buffer.alloc(TEXT_BYTES, 'natter ');
  const sentAt = new Map<number, number>();
  const latenciesUs: number[] = [];
  const first = said;
  const started = performance.now();
  let deliveries = 0;
  let open = 0;
  return new Promise((resolve) => {
    const finish = () => {
      const elapsedMs = performance.now() - started;
      latenciesUs.sort((a, b) => a - b);
      const at = (share: number) => Math.round(latenciesUs[Math.floor(latenciesUs.length * share)] ?? 0);
      resolve({ messages: said - first, deliveries, elapsedMs, p50Us: at(0.5), p99Us: at(0.99) });
    };
    const say = () => {
      if (performance.now() - started > order.forMs) return maybeDone();
      said++;
      open++;
      sentAt.set(said, performance.now());
      crowd.say(text);
    };
    const maybeDone = () => {
      const over = performance.now() - started > order.forMs;
      if (open > 0 || !over || deliveries < (said - first) * crowd.size) return;
      clearTimeout(late);
      finish();
    };
    const late = setTimeout(() => {
      throw new Error(
        `${deliveries} of ${(said - first) * crowd.size} deliveries came; ${open} answers are missing`,
      );
    }, order.forMs + LATE_MS);
    crowd.answered = () => {
      open--;
      if (order.pauseMs === 0) say();
      else setTimeout(say, order.pauseMs);
      maybeDone();
    };
    crowd.delivered = (m, n) => {
      if (n <= first) return;
      deliveries++;
      // The last member stands for all: it is the last that the server sends to.
      if (m === crowd.size - 1) latenciesUs.push((performance.now() - (sentAt.get(n) ?? Number.NaN)) * 1000);
      maybeDone();
    };
    for (let i = 0; i < order.inFlight; i++) say();
  });
}

const [, , protocol = 'natter', host = '127.0.0.1', port = '0', size = '2'] = process.argv;
const server = { host, port: Number(port) };
const crowd = await (protocol === 'ws' ? websocketCrowd : natterCrowd)(server, Number(size));
process.on('message', async (order: RunOrder | 'stop') => {
  if (order === 'stop') {
    await crowd.close();
    process.disconnect();
  } else {
    process.send?.(await run(crowd, order));
  }
});
process.send?.('ready');
