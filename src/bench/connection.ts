/**
 * What one delivery costs in the protocol core alone: 200 connections read one feed, no sockets, real keys.
 *
 * A turn publishes some entries, pushes them to every connection and flushes each; then the readers' acks come
 * back. Shows nanoseconds of the sender's CPU per delivery (one entry at one reader), split into pushing and
 * sealing, and acks.
 */
import { Feed } from '../actors/io/feed.js';
import { SealedConnection } from '../net/connection.js';
import { zeroCounters } from '../net/counters.js';
import { SealedKeys } from '../net/keys.js';
import type { ConnectionHost, DrivenConnection } from '../net/seam.js';
import type { PathAddress } from '../net/types.js';
import { measureStream } from './stream.js';

const MEMBERS = 200;
const ENTRY = Buffer.alloc(105, 'entry of a text of 64 bytes ');
const TURN_MS = 1;

const counters = zeroCounters();

/** One end: queues what it sends, flushes when dirty. */
class End {
  readonly connection: SealedConnection;
  /** Copies of what was sent in this turn: `slots` up to `count`. */
  readonly slots: Buffer[] = Array.from({ length: 16 }, () => Buffer.alloc(1500));
  readonly lengths: number[] = [];
  count = 0;
  dirty = true;
  frames = 0;

  constructor(id: number, address: PathAddress, keys: SealedKeys, initiator: boolean) {
    const host: ConnectionHost = {
      handler: {
        opened: () => undefined,
        closed: () => undefined,
        frame: () => {
          this.frames++;
        },
      },
      counters,
      random: (target) => target.fill(7),
      transmit: (datagram) => {
        datagram.copy(this.slots[this.count] as Buffer);
        this.lengths[this.count++] = datagram.length;
      },
      dirty: () => {
        this.dirty = true;
      },
      rearm: (connection: DrivenConnection) => {
        connection.deadline();
      },
      gone: () => undefined,
      token: () => undefined,
      tokenReceived: () => undefined,
    };
    const ids = { localId: Buffer.alloc(8), remoteId: Buffer.alloc(8) };
    const identity = { remoteKey: Buffer.alloc(32), handshakeHash: Buffer.alloc(64) };
    this.connection = new SealedConnection(
      { id, path: address, keys, initiator, now: 0, ...ids, ...identity },
      host,
    );
    this.connection.deadline();
  }

  /** Takes everything the other end sent in this turn. */
  receive(from: End, now: number): number {
    for (let i = 0; i < from.count; i++) {
      const datagram = (from.slots[i] as Buffer).subarray(0, from.lengths[i]);
      this.connection.receive(datagram, this.connection.path, now);
    }
    const { count } = from;
    from.count = 0;
    return count;
  }

  flush(now: number): void {
    if (!this.dirty && this.connection.deadline() > now) return;
    this.dirty = false;
    this.connection.flush(now);
    this.connection.deadline();
  }
}

/** Of this process, so that other work on the machine does not count. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function run(entriesPerTurn: number, turns: number): object {
  const feed = new Feed(1);
  const servers: End[] = [];
  const clients: End[] = [];
  const serverAddress = { address: '127.0.0.1', port: 7777 };
  for (let i = 0; i < MEMBERS; i++) {
    const address = { address: '127.0.0.1', port: 10_000 + i };
    const [up, down] = [Buffer.alloc(32, i), Buffer.alloc(32, i + 1)];
    servers.push(new End(i, address, new SealedKeys(Buffer.from(down), Buffer.from(up), 0), false));
    clients.push(new End(i, serverAddress, new SealedKeys(up, down, 0), true));
  }
  let [pushNs, ackNs, clientNs] = [0, 0, 0];
  let [acks, datagrams, delivered] = [0, 0, 0];
  let seq = 0;
  const warmUp = turns / 4;
  for (let turn = 0; turn < turns; turn++) {
    const now = turn * TURN_MS;
    if (turn === warmUp) {
      [pushNs, ackNs, clientNs, acks, datagrams, delivered] = [0, 0, 0, 0, 0, 0];
    }
    for (let i = 0; i < entriesPerTurn; i++) feed.append(1, seq + i + 1, ENTRY);
    const pushedAt = cpuNs();
    for (const server of servers) {
      for (let i = 1; i <= entriesPerTurn; i++) server.connection.push(feed, seq + i, seq + i);
    }
    for (const server of servers) server.flush(now);
    const sentAt = cpuNs();
    pushNs += sentAt - pushedAt;
    seq += entriesPerTurn;
    servers.forEach((server, i) => {
      const client = clients[i] as End;
      datagrams += client.receive(server, now);
      client.flush(now);
    });
    const receivedAt = cpuNs();
    clientNs += receivedAt - sentAt;
    servers.forEach((server, i) => {
      acks += server.receive(clients[i] as End, now);
    });
    ackNs += cpuNs() - receivedAt;
    delivered += entriesPerTurn * MEMBERS;
  }
  const got = clients.reduce((sum, client) => sum + client.frames, 0);
  return {
    event: 'bench',
    name: 'connection',
    system: 'natter',
    members: MEMBERS,
    entriesPerTurn,
    nsPerDelivery: Math.round((pushNs + ackNs) / delivered),
    pushNs: Math.round(pushNs / delivered),
    ackNs: Math.round(ackNs / delivered),
    receiverNs: Math.round(clientNs / delivered),
    datagramsPerDelivery: Number((datagrams / delivered).toFixed(3)),
    acksPerDatagram: Number((acks / datagrams).toFixed(3)),
    missing: seq * MEMBERS - got,
  };
}

/** `natter bench connection`. */
export async function benchConnection(show: (figure: object) => void): Promise<void> {
  show(run(1, 4_000));
  show(run(32, 1_000));
  show(await measureStream());
}
