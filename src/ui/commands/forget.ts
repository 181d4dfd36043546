/** `natter forget HOST:PORT`: unpins a server's key, so that the next contact is a first one again. */

import { parseServer } from '../../chat/address.js';
import { NatterError } from '../../chat/error.js';
import { type Console, tell } from '../console.js';
import { Exit } from '../exit.js';

export interface ForgetOptions {
  readonly data?: string;
}

export async function run(options: ForgetOptions, args: readonly string[], console: Console): Promise<Exit> {
  const [{ Profile }, { FolderPart, openFolder }] = await Promise.all([
    import('../../store/profile.js'),
    import('../../store/folder.js'),
  ]);
  const server = parseServer(args[0] ?? '').name;
  const profile = new Profile(openFolder(options.data, FolderPart.Client));
  if (!(await profile.forget(server))) {
    throw new NatterError(
      'BAD_ARGUMENT',
      `No key of ${server} is pinned here; write it as you wrote --server.`,
    );
  }
  tell(console, `The key of ${server} is forgotten; the next contact pins the one it has then.`);
  return Exit.Done;
}
