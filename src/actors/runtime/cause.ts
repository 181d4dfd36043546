import { NatterError } from '../../chat/error.js';

/** `at RoomActor.receive (file:///.../room.js:120:5)`: a function's name, if it has one, and its file's. */
const PLACE = /^\s*at (?:(?:async )?([\w$.#<> ]+?) )?\(?[^()]*?([\w.-]+:\d+):\d+\)?$/;

/**
 * Why something failed, in words that are safe to show: what kind of error, and where it was thrown. Its message is
 * left out, since it may hold what people wrote.
 */
export function causeOf(error: Error): string {
  const what = error instanceof NatterError ? `${error.name} ${error.code}` : error.name;
  const place = placeOf(error);
  return place === undefined ? what : `${what} in ${place}`;
}

function placeOf({ stack = '' }: Error): string | undefined {
  for (const line of stack.split('\n')) {
    const found = PLACE.exec(line);
    if (found === null) continue;
    const [, name, file] = found;
    return name === undefined ? file : `${name} (${file})`;
  }
  return undefined;
}
