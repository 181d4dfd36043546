import { type FileInfo, Operation } from '../../../chat/operations.js';
import { FilesReply } from '../../../chat/schemas.js';
import { FILES_PER_REPLY } from '../../../net/constants.js';
import type { Calls } from './around.js';

/** So many pages at most, whatever a server says. */
const PAGES_MAX = 40;

/** The files of all conversations that are offered to this account and not answered, oldest first. */
export async function listOffers(calls: Calls): Promise<FileInfo[]> {
  const all: FileInfo[] = [];
  let after = 0;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { f: files } = await calls.call(Operation.Offers, { a: after }, FilesReply);
    all.push(...files);
    const last = files.at(-1);
    if (last === undefined || files.length < FILES_PER_REPLY || last.f <= after) break;
    after = last.f;
  }
  return all;
}
