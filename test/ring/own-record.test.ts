import { expect, test } from 'vitest';
import { OwnRecord } from '../../src/actors/ring/own-record.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { identityOf, verify } from '../../src/net/ring/identity.js';
import { DEAF } from '../../src/sim/wires.js';
import { MemoryFeedStore } from '../../src/store/feeds/memory.js';

const COMMUNITY = Buffer.alloc(32, 5);
const PROFILE = { name: 'ana', cell: '', interests: [] };

function world() {
  const never = () => false;
  const nothing = () => undefined;
  return {
    clock: new ManualClock(),
    identity: identityOf(Buffer.alloc(32, 2)),
    verify,
    random: nothing,
    turnEnd: (run: () => void) => run(),
    wires: {
      ...{ handler: DEAF, addresses: [], dial: () => 1, abandon: nothing, send: never, close: nothing },
      ...{ rttMs: nothing, want: never, unwant: nothing, supply: never, unsupply: nothing },
    },
  };
}

test('a record is newer than any that this key has shown elsewhere, on a machine whose clock ran ahead', () => {
  const rows = new MemoryFeedStore().rows('record');
  const own = new OwnRecord(world(), COMMUNITY, rows, PROFILE);
  const ahead = own.now.version + 86_400_000;
  own.heard(ahead);
  expect(own.change({}).version).toBe(ahead + 1);
  // Also after a restart.
  expect(new OwnRecord(world(), COMMUNITY, rows, PROFILE).now.version).toBe(ahead + 2);
});

test('a version that leaves no room for a next one is not followed', () => {
  const own = new OwnRecord(world(), COMMUNITY, new MemoryFeedStore().rows('record'), PROFILE);
  const before = own.now.version;
  own.heard(2 ** 48 - 1);
  expect(own.change({}).version).toBe(before + 1);
});
