/**
 * What a message between two worker threads costs, over the runtime and over a
 * bare MessagePort in the same run.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import { Kind } from '../actors/runtime/actor.js';
import { type Supervisor, startSystem } from '../actors/runtime/supervisor.js';
import { Mode, PITCHER, Pitch } from './runtime-actors.js';

const BODY_BYTES = 64;
const ROUNDS = 3;

/** The other end of a bare port: sends back what it gets. */
const BARE = `
  const { workerData } = require('node:worker_threads');
  workerData.on('message', (message) => workerData.postMessage(message));
`;

/** Microseconds a message there and back took, between a pitcher and a catcher of runtime-actors.ts. */
export async function pitch(
  system: Supervisor,
  mode: number,
  messages: number,
  inFlight: number,
): Promise<number> {
  const request = Buffer.alloc(13);
  request.writeUInt8(mode, 0);
  request.writeUInt32BE(messages, 1);
  request.writeUInt32BE(inFlight, 5);
  request.writeUInt32BE(BODY_BYTES, 9);
  const answer = await system.main.ask(PITCHER, Pitch.run, request, 60_000);
  return answer.readDoubleBE() / messages;
}

function bare(messages: number, inFlight: number): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(BARE, { eval: true, workerData: port2, transferList: [port2] });
  return new Promise((resolve) => {
    let left = messages;
    let start = 0n;
    const message = { type: 1, from: { kind: 3, key: 5 }, body: new Uint8Array(BODY_BYTES) };
    port1.on('message', () => {
      // The first answer only says that the worker runs.
      if (start === 0n) {
        start = process.hrtime.bigint();
        for (let i = 0; i < inFlight; i++) port1.postMessage(message);
        return;
      }
      left--;
      if (left >= inFlight) port1.postMessage(message);
      if (left > 0) return;
      port1.close();
      resolve(Number(process.hrtime.bigint() - start) / 1000 / messages);
      void worker.terminate();
    });
    port1.postMessage(message);
  });
}

/** The best of a few rounds: on a shared machine noise only ever adds. */
async function best(run: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) least = Math.min(least, await run());
  return least;
}

/** `natter bench runtime`. */
export async function benchRuntime(show: (figure: object) => void): Promise<void> {
  const print = (system: string, pattern: string, inFlight: number, usPerRound: number, messages: number) => {
    const round = (value: number) => Number(value.toFixed(3));
    const figure = {
      system,
      pattern,
      inFlight,
      bodyBytes: BODY_BYTES,
      usPerMessage: round(usPerRound / messages),
    };
    show({ event: 'bench', name: 'runtime', ...figure });
  };
  const module = new URL('./runtime-actors.js', import.meta.url);
  const system = await startSystem({
    threads: [
      { name: 'pitcher', module, kinds: [Kind.Session] },
      { name: 'catcher', module, kinds: [Kind.Room] },
    ],
    main: { kinds: [Kind.Test], start: () => [] },
  });
  const local = await startSystem({
    threads: [{ name: 'both', module, kinds: [Kind.Session, Kind.Room] }],
    main: { kinds: [Kind.Test], start: () => [] },
  });
  print('natter', 'tell and tell back', 1, await best(() => pitch(system, Mode.tell, 20_000, 1)), 2);
  print('natter', 'tell and tell back', 64, await best(() => pitch(system, Mode.tell, 500_000, 64)), 2);
  print('natter', 'ask', 1, await best(() => pitch(system, Mode.ask, 20_000, 1)), 2);
  print('natter', 'ask', 64, await best(() => pitch(system, Mode.ask, 200_000, 64)), 2);
  print('natter', 'one way', 1024, await best(() => pitch(system, Mode.oneWay, 1_000_000, 1024)), 1);
  print(
    'natter',
    'same thread, tell and tell back',
    64,
    await best(() => pitch(local, Mode.tell, 500_000, 64)),
    2,
  );
  print('MessagePort', 'post and post back', 1, await best(() => bare(20_000, 1)), 2);
  print('MessagePort', 'post and post back', 64, await best(() => bare(100_000, 64)), 2);
  await system.stop(1_000);
  await local.stop(1_000);
}
