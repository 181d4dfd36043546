/** `natter who`: who is online, or who is in a room. */
import type { Target } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';
import { type Console, print } from '../console.js';
import { Exit } from '../exit.js';
import { presenceLine, printJson } from '../json.js';
import { type LoginOptions, openClient, withSession } from '../session.js';

export interface WhoOptions extends LoginOptions {
  readonly room?: Target;
  readonly json?: boolean;
}

export async function run(
  options: WhoOptions,
  _args: readonly string[],
  console: Console,
  open = openClient,
): Promise<Exit> {
  const people = await withSession(options, console, open, ({ client, patience }) =>
    patience.wait(options.room === undefined ? client.who() : client.who(options.room)),
  );
  for (const person of people) {
    const { user, state } = person;
    if (options.json) printJson(console, presenceLine(person));
    else print(console, `${sanitiseLine(user)}  ${state}`);
  }
  return Exit.Done;
}
