/** `natter who`: who is online, or who is in a room. */
import type { Target } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';
import { type Console, print } from '../console.js';
import { Exit } from '../exit.js';
import { printJson } from '../json.js';
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
  for (const { user, state } of people) {
    if (options.json) printJson(console, { event: 'presence', user, state });
    else print(console, `${sanitiseLine(user)}  ${state}`);
  }
  return Exit.Done;
}
