import { expect, test } from 'vitest';
import { FrameType, PROBE_AFTER_MS } from '../../src/net/constants.js';
import { Lane } from '../../src/net/types.js';
import { type Conditions, PERFECT, SimulatedNetwork } from '../sim/link.js';
import { type End, Pair } from '../sim/pair.js';

const LANES = [Lane.Control, Lane.Talk, Lane.Bulk];
const SENDING_MS = 6_000;

/** Some link: from nearly perfect to hardly usable. */
function anyConditions(dice: SimulatedNetwork): Conditions {
  return {
    ...PERFECT,
    delayMs: dice.chance() * 100,
    jitterMs: dice.chance() * 30,
    loss: dice.chance() * 0.4,
    duplicate: dice.chance() * 0.2,
    reorder: dice.chance() * 0.3,
    reorderMs: dice.chance() * 80,
    bytesPerMs: 50 + dice.chance() * 3_000,
    queueBytes: 20_000 + dice.chance() * 300_000,
  };
}

/** Sends frames of all sizes and lanes and cancels some; remembers what must arrive. */
class Talker {
  readonly owed = new Set<number>();
  corrupt = 0;
  readonly #network: SimulatedNetwork;
  readonly #end: End;
  #next = 0;

  constructor(network: SimulatedNetwork, end: End, peer: End) {
    this.#network = network;
    this.#end = end;
    peer.keep = false;
    peer.onFrame = (_type, body) => {
      this.owed.delete(body.readUInt32BE(0));
      for (let i = 4; i < body.length; i += 97) if (body[i] !== (body.length & 0xff)) this.corrupt++;
    };
  }

  say(): void {
    const network = this.#network;
    const length =
      Math.floor(network.chance() < 0.05 ? network.chance() * 60_000 : network.chance() * 300) + 4;
    const body = Buffer.alloc(length, length & 0xff);
    const number = this.#next++;
    body.writeUInt32BE(number);
    const { connection } = this.#end;
    const lane = LANES[Math.floor(network.chance() * LANES.length)] ?? Lane.Talk;
    const handle = connection.send(FrameType.Post, body, lane);
    if (handle === 0) return;
    if (network.chance() < 0.1) network.after(network.chance() * 200, () => connection.cancel(handle));
    else this.owed.add(number);
  }
}

test.each([1, 6, 7, 16, 26, 31, 39])('on any link nothing is lost, spoilt or kept (seed %i)', (seed) => {
  const network = new SimulatedNetwork(seed, anyConditions(new SimulatedNetwork(seed)));
  const pair = new Pair(network);
  const ends = [pair.client, pair.server];
  const talkers = [
    new Talker(network, pair.client, pair.server),
    new Talker(network, pair.server, pair.client),
  ];
  let moves = 0;
  network.every(5, () => {
    for (const talker of talkers) talker.say();
    if (network.chance() < 0.001) pair.clientPort.move({ address: `10.9.0.${++moves}`, port: 9 });
    return network.now < SENDING_MS;
  });
  network.run(SENDING_MS);
  const settled = () => ends.every(({ connection }) => connection.outgoingMessages === 0);
  expect(network.runUntil(settled, 120_000)).toBe(true);
  // Not so long that an idle end asks whether the other is there.
  network.run(PROBE_AFTER_MS - 2_000);
  for (const talker of talkers) expect([talker.owed.size, talker.corrupt]).toEqual([0, 0]);
  for (const { connection } of ends) {
    const { congestion, eliciting } = connection.recovery;
    expect([connection.owing, connection.outgoingBytes, congestion.inFlight, eliciting]).toEqual([
      false,
      0,
      0,
      0,
    ]);
    expect(connection.closed).toBeUndefined();
  }
});
