import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, parseListener, parseServer } from '../../src/chat/address.js';

describe('an address', () => {
  it.each([
    ['example.org:7', 'example.org', 7],
    [' example.org ', 'example.org', 7777],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['bücher.example:9', 'bücher.example', 9],
    ['[::1]:9', '::1', 9],
    ['[::1]', '::1', 7777],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
  ])('is read from %s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  it.each([
    '',
    ':7',
    'example.org:',
    'example.org:99999',
    'example.org:x',
    'a b:1',
    'http://a:1',
    '[a]:1',
    '[::1',
    '::1',
    '1:2:3',
    'a/b',
  ])('is not "%s", which is told with an example', (text) => {
    expect(() => parseAddress(text)).toThrow(/HOST:PORT/);
  });

  it('has one spelling, under which keys are pinned', () => {
    expect(parseServer('LocalHost')).toEqual({ host: 'LocalHost', port: 7777, name: 'localhost:7777' });
    expect(parseServer('[FE80::1]').name).toBe('[fe80::1]:7777');
    expect(formatAddress({ host: '::1', port: 5 })).toBe('[::1]:5');
  });

  it('of a server has a port', () => {
    expect(() => parseServer('example.org:0')).toThrow(/Port 0/);
  });
});

describe('where to listen', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0', 7777],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['localhost:80', '127.0.0.1', 80],
    ['[::]:1', '::', 1],
  ])('may be written %s', (text, host, port) => {
    expect(parseListener(text)).toEqual({ host, port });
  });

  it.each(['nonsense', 'nonsense:1', '999.1.1.1:1', '1.2.3:99', '1.2.3.4.5', '0x7f.1', '1.2.3.04'])(
    'is an address of numbers, not %s',
    (text) => {
      expect(() => parseListener(text)).toThrow(/no IP address to listen on; write one of this machine/);
    },
  );
});
