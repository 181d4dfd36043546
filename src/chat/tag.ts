import { TAG_NAME_MAX_BYTES } from '../net/constants.js';
import { NatterError } from './error.js';
import { nameKey, parseTarget } from './name.js';

/**
 * Reads an interest, with or without its `+`: a name whose case says nothing, so it is written in lower case.
 * @returns the tag without `+`
 * @throws NatterError NAME_EMPTY, NAME_NOT_ALLOWED or NAME_TOO_LONG
 */
export function parseTag(raw: string): string {
  const bare = raw.trim();
  const tag = nameKey(parseTarget(bare.startsWith('+') ? bare : `+${bare}`).name);
  if (Buffer.byteLength(tag) > TAG_NAME_MAX_BYTES)
    throw new NatterError(
      'NAME_TOO_LONG',
      `The interest is too long; use at most ${TAG_NAME_MAX_BYTES} bytes.`,
    );
  return tag;
}

/** Whether it is a tag as `parseTag` gives them: what others name need not be. */
export function isTag(text: string): boolean {
  try {
    return parseTag(text) === text;
  } catch (error) {
    if (error instanceof NatterError) return false;
    throw error;
  }
}
