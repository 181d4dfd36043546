/** Where one is in the page: the view, and a place in it. `#/live/core-0/session%2F17`. */
export interface Place {
  readonly view: string;
  readonly rest: readonly string[];
}

export function placeOf(hash: string): Place {
  const [view = '', ...rest] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  return { view, rest: rest.filter((part) => part !== '') };
}

export function hashOf(view: string, ...rest: readonly string[]): string {
  return `#/${[view, ...rest].map(encodeURIComponent).join('/')}`;
}

/** Goes somewhere: the browser's own back and forward lead there again. */
export function go(view: string, ...rest: readonly string[]): void {
  location.hash = hashOf(view, ...rest);
}

/** Writes down where one is without a step in the browser's history. */
export function mark(view: string, ...rest: readonly string[]): void {
  history.replaceState(null, '', hashOf(view, ...rest));
}

/** A link may have been typed wrongly; then it is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
