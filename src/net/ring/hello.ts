/**
 * The two frames of every link. HELLO is each side's first: `life (8), addresses (0 or 1: the receiver as it is seen
 * from here), record (rest)`. NEED: `count varint, need u8`: of two that overtook each other the higher count holds.
 */
import { Malformed, type Reader, Writer } from '../bytes.js';
import type { PathAddress } from '../types.js';
import { HELLO_MAX_BYTES, LIFE_BYTES } from './constants.js';
import { readAddresses, writeAddresses } from './contact.js';
import type { Verify } from './identity.js';
import { type PeerRecord, readRecord } from './record.js';

export interface Hello {
  /** 8 random bytes of the sender's start. */
  readonly life: Buffer;
  /** Where the sender sees the receiver: a hint, and perhaps a lie. */
  readonly seen: PathAddress | undefined;
  readonly record: PeerRecord;
}

export interface Need {
  readonly count: number;
  readonly need: boolean;
}

const writer = new Writer(512, HELLO_MAX_BYTES);

export const helloCodec = {
  /** A view, valid until the next frame is written. */
  encode({ life, seen, record }: Hello): Buffer {
    writer.reset().bytes(life);
    writeAddresses(writer, seen === undefined ? [] : [seen]);
    return writer.bytes(record.bytes).view();
  },
  /** @throws Malformed also when its key has not signed the record */
  decode(reader: Reader, community: Buffer, verify: Verify): Hello {
    const life = Buffer.from(reader.bytes(LIFE_BYTES));
    const [seen, ...rest] = readAddresses(reader);
    if (rest.length > 0) throw new Malformed('seen at two addresses');
    return { life, seen, record: readRecord(reader.rest(), community, verify) };
  },
};

export const needCodec = {
  encode: ({ count, need }: Need): Buffer =>
    writer
      .reset()
      .varint(count)
      .u8(need ? 1 : 0)
      .view(),
  decode(reader: Reader): Need {
    const count = reader.varint();
    const need = reader.u8();
    if (need > 1) throw new Malformed('neither needed nor not');
    return { count, need: need === 1 };
  },
};
