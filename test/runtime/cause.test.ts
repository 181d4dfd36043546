/** Why an actor failed is shown to whoever looks on; what its error says may be somebody's own words. */
import { describe, expect, it } from 'vitest';
import { causeOf } from '../../src/actors/runtime/cause.js';
import { NatterError } from '../../src/chat/error.js';

const SECRET = 'swordfish';

/** Each has a line that reads like a place in a program. */
const SAYINGS = [
  `see you\nat ${SECRET} 12:30:00`,
  `see you\n    at ${SECRET} (home.js:7:1)`,
  `see you\n    at async ${SECRET} (file:///home/${SECRET}.js:7:1)`,
  `at ${SECRET}:1:1`,
  `\n    at ${SECRET}.js:1:1\n`,
];

describe('the cause of a failure', () => {
  it('is the kind of error, its code, and where it was thrown', () => {
    expect(causeOf(new TypeError('no'))).toMatch(/^TypeError in .*cause\.test\.ts:\d+\)?$/);
    expect(causeOf(new NatterError('BUSY', 'Try again.'))).toMatch(/^NatterError BUSY in .*cause\.test\.ts:/);
  });

  it('quotes no line of what the error says, whatever that reads like', () => {
    for (const saying of SAYINGS) {
      const cause = causeOf(new Error(saying));
      expect(cause, saying).not.toContain(SECRET);
      expect(cause, saying).toContain('cause.test.ts');
    }
  });

  it('names no place when the error says something else by now, or nothing of where it was', () => {
    const { stack } = new Error(SAYINGS[0]);
    expect(causeOf(Object.assign(new Error('other words'), { stack }))).toBe('Error');
    expect(causeOf(Object.assign(new Error('no'), { stack: undefined }))).toBe('Error');
  });

  it('takes no name from an error that is not one of a class', () => {
    expect(causeOf(Object.assign(new Error('no'), { name: SAYINGS[0] }))).toMatch(/^Error in /);
  });
});
