import { describe, expect, it } from 'vitest';
import { Malformed, Writer } from '../../src/net/bytes.js';
import { INITIATION_BYTES, Pattern } from '../../src/net/constants.js';
import { IdTable } from '../../src/net/ids.js';
import { finish, initiation, response, retry } from '../../src/net/packet.js';
import { seeded } from './support.js';

const [one, two] = [Buffer.from('receiver'), Buffer.from('sender..')];
const token = Buffer.alloc(30, 1);
const message = Buffer.alloc(96, 2);

function encoded(write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  write(writer);
  return writer.copy();
}

const asked = { pattern: Pattern.IK, senderId: two, token, message };
const samples = {
  initiation: encoded((writer) => initiation.encode(writer, asked)),
  retry: encoded((writer) => retry.encode(writer, { receiverId: one, token })),
  response: encoded((writer) => response.encode(writer, { receiverId: one, senderId: two, message })),
  finish: encoded((writer) => finish.encode(writer, { receiverId: one, message })),
};
const codecs = { initiation, retry, response, finish };
const names = Object.keys(samples) as (keyof typeof samples)[];

describe('a datagram', () => {
  it('is read as it was written', () => {
    expect(initiation.decode(samples.initiation)).toEqual(asked);
    expect(retry.decode(samples.retry)).toEqual({ receiverId: one, token });
    expect(response.decode(samples.response)).toEqual({ receiverId: one, senderId: two, message });
    expect(finish.decode(samples.finish)).toEqual({ receiverId: one, message });
    expect(samples.initiation).toHaveLength(INITIATION_BYTES);
  });

  it('is refused when it is cut, lengthened or of another version', () => {
    for (const name of names) {
      const sample = samples[name];
      for (let length = 1; length < sample.length; length++) {
        expect(() => codecs[name].decode(sample.subarray(0, length)), `${name} ${length}`).toThrow(Malformed);
      }
      expect(() => codecs[name].decode(Buffer.concat([sample, Buffer.alloc(1)]))).toThrow(Malformed);
      const other = Buffer.from(sample);
      other[1] = 2;
      expect(() => codecs[name].decode(other)).toThrow(Malformed);
    }
  });

  it('is refused with a token or a pattern that cannot be', () => {
    const long = encoded((writer) => retry.encode(writer, { receiverId: one, token: Buffer.alloc(65) }));
    expect(() => retry.decode(long)).toThrow(Malformed);
    const other = Buffer.from(samples.initiation);
    other[2] = 4;
    expect(() => initiation.decode(other)).toThrow(Malformed);
  });
});

describe('connection ids', () => {
  it('find what they stand for, and only with all their bytes right', () => {
    const ids = new IdTable<string>();
    const id = ids.draw(seeded(1));
    expect(ids.find(id, 0)).toBeUndefined();
    ids.set(id, 'here');
    expect(ids.find(Buffer.concat([Buffer.alloc(3), id]), 3)).toBe('here');
    for (let at = 0; at < id.length; at++) {
      const other = Buffer.from(id);
      other[at] = (other[at] as number) ^ 1;
      expect(ids.find(other, 0)).toBeUndefined();
      ids.delete(other);
    }
    expect(ids.size).toBe(1);
    ids.delete(id);
    expect(ids.size).toBe(0);
  });

  it('are drawn again when their first word is taken', () => {
    const ids = new IdTable<number>();
    ids.set(Buffer.from('aaaabbbb'), 1);
    const drawn = ['aaaacccc', 'ddddbbbb'];
    const id = ids.draw((target) => target.write(drawn.shift() ?? ''));
    expect(id.toString()).toBe('ddddbbbb');
  });
});
