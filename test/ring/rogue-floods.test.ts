/** What somebody can say without effort and as fast as they like, to a ring in virtual time. */
import { describe, expect, it } from 'vitest';
import { Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { MAIL_NAMES_BURST, MAIL_NAMES_MAX, MAIL_NAMES_PER_S } from '../../src/net/ring/constants.js';
import { namesCodec } from '../../src/net/ring/mail/frames.js';
import { RogueRing } from '../support/rogue-ring.js';

/** A frame full of names that nobody has heard of. */
function names(number: number): Buffer {
  const writer = new Writer(1024, 8192);
  const made = Array.from({ length: MAIL_NAMES_MAX }, (_, n) =>
    (number * MAIL_NAMES_MAX + n).toString(16).padStart(32, '0'),
  );
  namesCodec.encode(writer, made);
  return writer.copy();
}

describe('whoever names mail that there is not', () => {
  it('is answered now and then, also over a new link, and costs the ring less than its author', () => {
    const ring = new RogueRing(3);
    const mallory = ring.linked();
    const { rogue } = mallory;
    const [before, own] = [ring.bytes, rogue.bytesOut];
    const seconds = 10;
    let { wire } = mallory;
    ring.flood(mallory, seconds, (second) => {
      for (let count = 0; count < 100; count++)
        rogue.send(wire, FrameType.Shelf, names(second * 100 + count));
      if (second === 5) wire = rogue.dial(ring.person(0).wires.address);
    });
    const { router } = ring.person(0).peer.parts.talk;
    const looked = Math.ceil((MAIL_NAMES_BURST + MAIL_NAMES_PER_S * seconds) / MAIL_NAMES_MAX);
    expect(router.counters.limited).toBeGreaterThan(100 * (seconds - 1) - looked);
    const said = rogue.bytesOut - own;
    expect(ring.bytes - before - said).toBeLessThan(said / 4);
  });
});
