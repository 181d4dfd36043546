/**
 * The frames of mail that are more than one thing behind the other.
 *
 *     KEEP                      tell u8, count u8, count x piece block
 *     KEPT, SHELF, LACKING      count u16, count x name (16)
 */
import { Malformed, type Reader, type Writer } from '../../bytes.js';
import { LETTER_ID_BYTES, MAIL_ITEMS_MAX, MAIL_MAX_BYTES, MAIL_NAMES_MAX } from '../constants.js';

export interface Keep {
  /** Whoever sent the pieces is told who keeps them. */
  readonly tell: boolean;
  /** At most MAIL_ITEMS_MAX, as they travel. */
  readonly pieces: readonly Buffer[];
}

export const keepCodec = {
  encode(writer: Writer, { tell, pieces }: Keep): void {
    writer.u8(tell ? 1 : 0).u8(pieces.length);
    for (const piece of pieces) writer.block(piece);
  },
  /** Views. @throws Malformed */
  decode(reader: Reader): Keep {
    const tell = reader.u8() === 1;
    const count = reader.u8();
    if (count > MAIL_ITEMS_MAX) throw new Malformed('more mail than one frame has');
    const pieces = Array.from({ length: count }, () => reader.block(MAIL_MAX_BYTES));
    return { tell, pieces };
  },
};

export const namesCodec = {
  /** @param names hex, at most MAIL_NAMES_MAX */
  encode(writer: Writer, names: readonly string[]): void {
    writer.u16(names.length);
    for (const name of names) writer.bytes(Buffer.from(name, 'hex'));
  },
  /** @throws Malformed */
  decode(reader: Reader): string[] {
    const count = reader.u16();
    if (count > MAIL_NAMES_MAX) throw new Malformed('more names than one frame has');
    return Array.from({ length: count }, () => reader.bytes(LETTER_ID_BYTES).toString('hex'));
  },
};
