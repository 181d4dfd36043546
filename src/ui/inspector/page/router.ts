import { hashOf } from './place.js';

/** Goes somewhere: the browser's own back and forward lead there again. */
export function go(view: string, ...rest: readonly string[]): void {
  location.hash = hashOf(view, ...rest);
}

/** Writes down where one is without a step in the browser's history. */
export function mark(view: string, ...rest: readonly string[]): void {
  history.replaceState(null, '', hashOf(view, ...rest));
}
