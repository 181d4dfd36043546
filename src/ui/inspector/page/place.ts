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

/** A link may have been typed wrongly; then it is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
