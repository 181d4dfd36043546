/** What a person is told without having asked; peers who mean no good may cause it as often as they like. */
import { expect, it } from 'vitest';
import { Names } from '../../src/actors/ring-client/names.js';
import { Warnings } from '../../src/actors/ring-client/warnings.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { clockAt } from '../../src/net/ring/clock.js';
import { NO_ENTRY, signEntry } from '../../src/net/ring/entry.js';
import { identityOf } from '../../src/net/ring/identity.js';

const COMMUNITY = Buffer.alloc(32, 1);

const forked = signEntry(identityOf(Buffer.alloc(32, 2)), COMMUNITY, {
  ...{ group: Buffer.alloc(16), epoch: Buffer.alloc(8), seq: 1, previous: NO_ENTRY },
  ...{ clock: clockAt(0), kind: 1, name: 'eve', body: Buffer.from('one or the other') },
});

it('a claim about one’s clock hides nobody’s two histories, and neither is told again and again', () => {
  const told: string[] = [];
  const warnings = new Warnings({
    clock: new ManualClock(),
    names: new Names(),
    emit: (event) => {
      if (event.event === 'notice') told.push(event.text);
    },
  });
  for (let time = 0; time < 3; time++) {
    warnings.misdated(3 * 3_600_000);
    warnings.forked(forked);
  }
  expect(told).toHaveLength(2);
  expect(told[0]).toContain('Your clock is 3 h ahead');
  expect(told[1]).toContain('eve says two things at once');
});
