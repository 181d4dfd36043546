import { describe, expect, it } from 'vitest';
import { mergeAddresses, ownAddresses, plainAddress, reachableFrom } from '../../src/net/ring/addresses.js';

const at = (address: string, port = 7777) => ({ address, port });
const texts = (addresses: readonly { readonly address: string }[]) => addresses.map(({ address }) => address);
const HERE = ['127.0.0.1', '192.168.1.5', '::1', 'fe80::1', '2001:db8::5', '203.0.113.5'];

describe("a peer's own addresses", () => {
  it('are the one it is bound to', () => {
    expect(ownAddresses(at('127.0.0.1', 9), HERE)).toEqual([at('127.0.0.1', 9)]);
    expect(ownAddresses(at('192.168.1.5', 9), HERE)).toEqual([at('192.168.1.5', 9)]);
  });

  it('are those of its machine that others can use, the public ones first, if it is bound to all', () => {
    expect(texts(ownAddresses(at('0.0.0.0'), HERE))).toEqual(['203.0.113.5', '192.168.1.5']);
    expect(texts(ownAddresses(at('::'), HERE))).toEqual(['2001:db8::5', '203.0.113.5', '192.168.1.5']);
  });

  it('are its loopback ones where there is no network', () => {
    expect(texts(ownAddresses(at('0.0.0.0'), ['127.0.0.1']))).toEqual(['127.0.0.1']);
  });

  it('are at most six, and among them what others have seen', () => {
    const own = Array.from({ length: 20 }, (_, i) => at(`10.0.0.${i}`));
    const merged = mergeAddresses(own, [at('198.51.100.1', 40_000)]);
    expect(texts(merged)).toEqual([
      '198.51.100.1',
      '10.0.0.0',
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
      '10.0.0.4',
    ]);
    expect(mergeAddresses([at('10.0.0.1')], [at('10.0.0.1')])).toEqual([at('10.0.0.1')]);
  });
});

describe('an address to dial', () => {
  it('is written as the socket has it', () => {
    expect(reachableFrom('0.0.0.0', at('192.0.2.1'))).toEqual(at('192.0.2.1'));
    expect(reachableFrom('::', at('192.0.2.1'))).toEqual(at('::ffff:192.0.2.1'));
    expect(plainAddress(at('::ffff:192.0.2.1'))).toEqual(at('192.0.2.1'));
    expect(plainAddress(at('2001:db8::1'))).toEqual(at('2001:db8::1'));
  });

  it.each([
    ['0.0.0.0', '2001:db8::1'],
    ['::1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['0.0.0.0', '224.0.0.251'],
    ['0.0.0.0', '239.255.255.255'],
    ['0.0.0.0', '255.255.255.255'],
    ['::', '::'],
    ['::', 'ff02::1'],
    ['::', '::ffff:224.0.0.1'],
    ['::', '240.0.0.1'],
  ])('is none, from %s to %s', (host, address) => {
    expect(reachableFrom(host, at(address))).toBeUndefined();
  });
});
