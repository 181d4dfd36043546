/** Steps as they stand in the page's address: `PUSH~isFree~!isStrong`, an event and what its guards answered. */
import type { Step } from '../../../chart/stepper.js';

/** More than anybody takes by hand; a longer address is cut. */
const STEPS_MAX = 200;
export const BEGIN = 'xstate.init';

/** The parts of an address that lead here again. A beginning at which nothing was asked is left out. */
export function partsOf(steps: readonly Step[]): string[] {
  const isPlain = ({ event, answers }: Step) => event === BEGIN && Object.keys(answers).length === 0;
  return steps.filter((step) => !isPlain(step)).map(textOf);
}

/** The steps that an address names, from the beginning on. Nothing about them is known to be right. */
export function stepsOf(parts: readonly string[]): Step[] {
  const steps = parts.slice(0, STEPS_MAX).map(stepOf);
  return steps[0]?.event === BEGIN ? steps : [{ event: BEGIN, answers: {} }, ...steps];
}

/** `isFree: yes, isStrong: no`; empty when nothing was asked. */
export function answersText(answers: Step['answers']): string {
  return Object.entries(answers)
    .map(([guard, answer]) => `${guard}: ${answer ? 'yes' : 'no'}`)
    .join(', ');
}

function textOf({ event, answers }: Step): string {
  return [event, ...Object.entries(answers).map(([guard, answer]) => `${answer ? '' : '!'}${guard}`)].join(
    '~',
  );
}

function stepOf(text: string): Step {
  const [event = '', ...guards] = text.split('~');
  return {
    event,
    answers: Object.fromEntries(guards.map((each) => [each.replace(/^!/, ''), !each.startsWith('!')])),
  };
}
