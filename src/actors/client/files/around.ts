import type * as v from 'valibot';
import type { Room, Target } from '../../../chat/events.js';
import type { Operation } from '../../../chat/operations.js';
import type { Clock } from '../../runtime/actor.js';
import type { ActorTap } from '../../runtime/actor-tap.js';
import type { Disk } from './disk.js';
import type { TransferLink } from './link.js';
import type { RecordPool } from './record-pool.js';

/** Requests to the server and their answers. */
export interface Calls {
  /** @throws NatterError what the server refused with, NO_ANSWER, PROTOCOL for an answer that does not fit */
  call<S extends v.GenericSchema>(operation: Operation, body: object, schema: S): Promise<v.InferOutput<S>>;
}

/** Of a conversation, what files need to know. */
export interface FileRoom {
  readonly log: number;
  readonly kind: Room['kind'];
  readonly target: Target;
  /** In the ring, of a private one: the key of the other, hex. */
  readonly peer?: string;
}

/** What every transfer of a client works with. */
export interface Around {
  readonly clock: Clock;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  readonly calls: Calls;
  readonly link: TransferLink;
  readonly disk: Disk;
  readonly pool: RecordPool;
  /** Lets everything else have its turn. */
  breathe(): Promise<void>;
  /** Bytes of records that one download may have wanted and not got. */
  windowBytes(): number;
}
