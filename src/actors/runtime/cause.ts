import { NatterError } from '../../chat/error.js';

/** Of a class, as the program writes it. */
const NAME = /^\w{1,64}$/;
/** `at RoomActor.receive (file:///.../room.js:120:5)`: a function's name, if it has one, and its file's. */
const PLACE = /^\s*at (?:(?:async )?([\w$.#<> ]+?) )?\(?[^()]*?([\w.-]+:\d+):\d+\)?$/;

/**
 * Why something failed, in words that are safe to show: what kind of error, and where it was thrown. Its message is
 * left out, since it may hold what people wrote.
 */
export function causeOf(error: Error): string {
  const name = NAME.test(error.name) ? error.name : 'Error';
  const what = error instanceof NatterError ? `${name} ${error.code}` : name;
  const place = placeOf(error);
  return place === undefined ? what : `${what} in ${place}`;
}

/** The stack begins with the message, whose own lines may read like places. */
function placeOf({ message, stack = '' }: Error): string | undefined {
  const at = stack.indexOf(message);
  if (at < 0) return undefined;
  for (const line of stack.slice(at + message.length).split('\n')) {
    const found = PLACE.exec(line);
    if (found === null) continue;
    const [, name, file] = found;
    return name === undefined ? file : `${name} (${file})`;
  }
  return undefined;
}
