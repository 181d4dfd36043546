/**
 * One end of a file in the talk part of the files bench: a client that sends or takes a file, with the priority of
 * `put` and `get`, and talks over the same connection meanwhile. What it says carries the time it was said; both ends are on one machine and share
 * its monotonic clock.
 */
import { openClient } from '../actors/client/client.js';
import { giveWay } from '../actors/runtime/niceness.js';
import { NatterError } from '../chat/error.js';
import type { ClientEvent } from '../chat/events.js';

export type FileEndOrder =
  | { readonly do: 'send'; readonly to: string; readonly path: string }
  | { readonly do: 'take'; readonly from: string; readonly into: string }
  | { readonly do: 'stop' };

export type FileEndNews =
  | { readonly event: 'ready' | 'running' | 'done' }
  | { readonly event: 'failed'; readonly message: string }
  /** Of what the other end said while the file ran, in microseconds. */
  | { readonly event: 'talk'; readonly latenciesUs: readonly number[] };

const SAY_EVERY_MS = 20;
const QUIT_MS = 1_000;
const NS_PER_US = 1_000n;

const [, , server = '', user = '', data = ''] = process.argv;
const latenciesUs: number[] = [];
let talking: NodeJS.Timeout | undefined;
let into = '';
let partner = '';

giveWay();
const client = await openClient({
  data,
  server,
  threaded: false,
  onEvent: (events) => {
    for (const event of events) heard(event);
  },
});

function tell(news: FileEndNews): void {
  process.send?.(news);
}

function failed(error: unknown): void {
  tell({ event: 'failed', message: error instanceof NatterError ? error.message : String(error) });
}

function heard(event: ClientEvent): void {
  if (event.event === 'message' && !event.message.mine && event.message.kind === 'text') {
    if (talking) latenciesUs.push(Number((process.hrtime.bigint() - BigInt(event.message.text)) / NS_PER_US));
    return;
  }
  if (event.event !== 'transfer') return;
  const { state, direction, id, reason } = event.transfer;
  if (state === 'offered' && direction === 'in') client.acceptFile(id, into).catch(failed);
  if (state === 'failed' || state === 'rejected' || state === 'paused') failed(reason ?? state);
  if (state === 'running' && !talking) {
    tell({ event: 'running' });
    talking = setInterval(() => {
      client.say(partner, `${process.hrtime.bigint()}`, 'text').catch(failed);
    }, SAY_EVERY_MS);
  }
  if (state === 'done') {
    clearInterval(talking);
    tell({ event: 'talk', latenciesUs });
    tell({ event: 'done' });
  }
}

async function obey(order: FileEndOrder): Promise<void> {
  if (order.do === 'stop') {
    await client.quit(QUIT_MS);
    await client.close();
    process.disconnect();
    return;
  }
  partner = order.do === 'send' ? order.to : order.from;
  await client.follow(partner);
  if (order.do === 'send') await client.sendFile(partner, order.path);
  else into = order.into;
  tell({ event: 'ready' });
}

process.on('message', (order: FileEndOrder) => {
  obey(order).catch(failed);
});
await client.login(server, { user, password: `password of ${user}`, register: true, remember: false });
tell({ event: 'ready' });
