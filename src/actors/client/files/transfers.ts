import { NatterError } from '../../../chat/error.js';
import type { Target, Transfer } from '../../../chat/events.js';

/** The files this client sends and receives: what the commands of files are made of. */
export class Transfers {
  async send(_room: Target, _path: string): Promise<string> {
    throw unknown();
  }

  async accept(_id: string, _into?: string): Promise<void> {
    throw unknown();
  }

  async reject(_id: string): Promise<void> {
    throw unknown();
  }

  async pause(_id: string): Promise<void> {
    throw unknown();
  }

  async resume(_id: string): Promise<void> {
    throw unknown();
  }

  async cancel(_id: string): Promise<void> {
    throw unknown();
  }

  async trust(_user: string, _on: boolean): Promise<void> {
    throw unknown();
  }

  async list(): Promise<readonly Transfer[]> {
    return [];
  }

  async offers(): Promise<readonly Transfer[]> {
    return [];
  }
}

function unknown(): NatterError {
  return new NatterError('NO_SUCH_FILE', 'There is no such file.');
}
