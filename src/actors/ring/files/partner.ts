import type { NatterError } from '../../../chat/error.js';
import type { EventKind } from '../../../chat/operations.js';
import { encodeBody } from '../../../chat/wire.js';
import { type Reader, Writer } from '../../../net/bytes.js';
import { FrameType, INITIAL_RTT_MS, MESSAGE_MAX_BYTES } from '../../../net/constants.js';
import type { PeerId } from '../../../net/ring/types.js';
import { eventCodec, ReplyStatus, replyCodec } from '../../../net/talk.js';
import { Lane } from '../../../net/types.js';
import { Calls } from '../../client/calls.js';
import { type FileConnection, FileLink } from '../../client/files/link.js';
import { RequestNumbers } from '../../client/requests.js';
import type { Clock } from '../../runtime/actor.js';
import type { Wires } from '../world.js';

// Frames are written one at a time on a thread.
const writer = new Writer(1024, MESSAGE_MAX_BYTES);
const numbers = new RequestNumbers();

export interface PartnerOptions {
  readonly clock: Clock;
  readonly wires: Pick<Wires, 'want' | 'unwant' | 'supply' | 'unsupply' | 'rttMs'>;
  turnEnd(run: () => void): void;
  send(to: PeerId, type: number, body: Uint8Array, lane: Lane): boolean;
  /** The wire that the link with that peer uses now. */
  wireOf(peer: PeerId): number | undefined;
}

/** A peer with whom files may go: requests, answers and chunks over the link with it, while there is one. */
export class Partner {
  readonly calls: Calls;
  readonly link: FileLink;
  readonly #peer: PeerId;
  readonly #options: PartnerOptions;
  /** Over which chunks go: what was wanted over one wire does not come over another. */
  #wire: number | undefined;

  constructor(peer: PeerId, options: PartnerOptions) {
    this.#peer = peer;
    this.#options = options;
    this.calls = new Calls(options.clock, numbers, writer);
    this.link = new FileLink((run) => options.turnEnd(run));
  }

  get id(): PeerId {
    return this.#peer;
  }

  get isLinked(): boolean {
    return this.#wire !== undefined;
  }

  /** There is a link, or it uses another wire than before. */
  attach(): void {
    const wire = this.#options.wireOf(this.#peer);
    if (wire === this.#wire) return;
    this.detach();
    if (wire === undefined) return;
    this.#wire = wire;
    const { send, wires } = this.#options;
    const rttMs = () => wires.rttMs(wire) ?? INITIAL_RTT_MS;
    this.calls.attach(
      {
        send: (type, body, lane = Lane.Control) => (send(this.#peer, type, body, lane) ? 1 : 0),
        // A frame that is on its way cannot be taken back: its answer is dropped as a late one.
        cancel: () => {},
        get rttMs() {
          return rttMs();
        },
      },
      () => {},
    );
    this.link.attach(this.#connection(wire), () => {});
  }

  /** The link is gone. */
  detach(): void {
    if (this.#wire === undefined) return;
    this.#wire = undefined;
    this.calls.detach();
    this.link.detach();
  }

  /** An answer of this peer. @throws Malformed */
  answered(body: Reader): void {
    this.calls.reply(replyCodec.decode(body));
  }

  reply(request: number, answer: object): void {
    this.#reply(request, ReplyStatus.Done, encodeBody(answer));
  }

  /** Details stay here: they name paths of this machine. */
  refuse(request: number, { code, message }: NatterError): void {
    this.#reply(request, ReplyStatus.Refused, encodeBody({ c: code, m: message }));
  }

  tell(event: EventKind, body: object): void {
    eventCodec.encode(writer.reset(), { event, body: encodeBody(body) });
    this.#options.send(this.#peer, FrameType.Event, writer.view(), Lane.Control);
  }

  #reply(request: number, status: number, body: Uint8Array): void {
    replyCodec.encode(writer.reset(), { request, status, body });
    this.#options.send(this.#peer, FrameType.Reply, writer.view(), Lane.Control);
  }

  #connection(wire: number): FileConnection {
    const { wires } = this.#options;
    return {
      want: (file, chunk, bytes) => this.#isCurrent(wire) && wires.want(wire, file, chunk, bytes),
      supply: (file, chunk, record) => this.#isCurrent(wire) && wires.supply(wire, file, chunk, record),
      unwant: (file) => wires.unwant(wire, file),
      unsupply: (file) => wires.unsupply(wire, file),
    };
  }

  /** Another wire took this one's place: everything is asked for anew over that. */
  #isCurrent(wire: number): boolean {
    if (this.#options.wireOf(this.#peer) === wire) return true;
    this.#options.turnEnd(() => this.attach());
    return false;
  }
}
