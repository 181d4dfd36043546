/**
 * Chunks of a file from one process to another over real loopback sockets, without a disk at either end, and talk
 * that goes there and back beside them.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { realClock } from '../actors/runtime/clock.js';
import type { UdpDriver } from '../actors/udp.js';
import { CHUNK_RECORD_MAX_BYTES, FrameType } from '../net/constants.js';
import type { Connection } from '../net/types.js';
import { openBareEndpoint } from './bare-endpoint.js';

const WARM_UP_MS = 1_500;
const RUN_MS = 4_000;
const TALK_EVERY_MS = 5;
const TALK_BYTES = 64;
const TRANSFER = 1;

/** One line of `natter bench connection --json`. */
interface StreamFigure {
  readonly event: 'bench';
  readonly name: 'connection';
  readonly system: 'natter';
  readonly recordBytes: number;
  readonly mbPerS: number;
  /** Of both processes together. */
  readonly cpuSPerGB: number;
  readonly datagramBytes: number;
  /** Share of the packets that carried the chunks. */
  readonly lost: number;
  /** Round trip of talk beside the chunks. */
  readonly p50Us: number;
  readonly p99Us: number;
}

interface SourceFigures {
  readonly cpuUs: number;
  readonly lost: number;
  readonly out: number;
}

/** Wants as much as it may, always; says something now and then and times the echo. */
class Sink {
  bytes = 0;
  roundTripsUs: number[] = [];
  #next = 0;
  #connection: Connection | undefined;
  #talk: NodeJS.Timeout | undefined;

  static async open(port: number): Promise<{ sink: Sink; driver: UdpDriver }> {
    const sink = new Sink();
    let opened: (connection: Connection) => void = () => {};
    const connection = new Promise<Connection>((resolve) => {
      opened = resolve;
    });
    const driver = await openBareEndpoint(
      {
        opened,
        closed: (_connection, reason) => {
          throw new Error(`the connection of the bench ended: ${reason.text}`);
        },
        frame: (_connection, _type, body) => {
          sink.roundTripsUs.push((performance.now() - body.readDoubleBE(0)) * 1000);
        },
        chunk: (_connection, _transfer, _chunk, record) => {
          sink.bytes += record.length;
          sink.#want();
        },
      },
      false,
    );
    driver.endpoint.connect({ to: { address: '127.0.0.1', port }, giveUpMs: 10_000 }, realClock().now());
    driver.wake();
    sink.#connection = await connection;
    sink.#want();
    sink.#talk = setInterval(() => {
      const body = Buffer.alloc(TALK_BYTES);
      body.writeDoubleBE(performance.now());
      sink.#connection?.send(FrameType.Request, body);
      driver.wake();
    }, TALK_EVERY_MS);
    driver.wake();
    return { sink, driver };
  }

  stop(): void {
    clearInterval(this.#talk);
  }

  #want(): void {
    while (this.#connection?.want(TRANSFER, this.#next, CHUNK_RECORD_MAX_BYTES)) this.#next++;
  }
}

async function ask(source: ChildProcess): Promise<SourceFigures> {
  source.send('figures');
  const [figures] = await once(source, 'message');
  return figures as SourceFigures;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function measureStream(): Promise<StreamFigure> {
  const source = fork(new URL('./source.js', import.meta.url));
  try {
    const [address] = (await once(source, 'message')) as [{ port: number }];
    const { sink, driver } = await Sink.open(address.port);
    await pause(WARM_UP_MS);
    const before = { ...(await ask(source)), own: cpuUs(), bytes: sink.bytes, at: performance.now() };
    const { bytesIn } = driver.endpoint.counters;
    const { datagramsIn } = driver.endpoint.counters;
    sink.roundTripsUs = [];
    await pause(RUN_MS);
    const elapsedMs = performance.now() - before.at;
    const after = await ask(source);
    const bytes = sink.bytes - before.bytes;
    const cpu = after.cpuUs - before.cpuUs + cpuUs() - before.own;
    const trips = sink.roundTripsUs.sort((a, b) => a - b);
    const counters = driver.endpoint.counters;
    sink.stop();
    return {
      event: 'bench',
      name: 'connection',
      system: 'natter',
      recordBytes: CHUNK_RECORD_MAX_BYTES,
      mbPerS: Math.round(bytes / elapsedMs / 1000),
      cpuSPerGB: Number((cpu / 1000 / (bytes / 1e6)).toFixed(2)),
      datagramBytes: Math.round((counters.bytesIn - bytesIn) / (counters.datagramsIn - datagramsIn)),
      lost: Number(((after.lost - before.lost) / (after.out - before.out)).toFixed(5)),
      p50Us: Math.round(trips[Math.floor(trips.length / 2)] ?? 0),
      p99Us: Math.round(trips[Math.floor(trips.length * 0.99)] ?? 0),
    };
  } finally {
    source.disconnect();
  }
}
