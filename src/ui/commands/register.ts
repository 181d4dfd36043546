/** `natter register`: makes an account. */
import { type Console, tell } from '../console.js';
import { Exit } from '../exit.js';
import { type LoginOptions, openClient, withSession } from '../session.js';

export async function run(
  options: LoginOptions,
  _args: readonly string[],
  console: Console,
  open = openClient,
): Promise<Exit> {
  await withSession(options, console, open, async () => undefined, { register: true });
  tell(console, `${options.user} is registered at ${options.server}.`);
  return Exit.Done;
}
