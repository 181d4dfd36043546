import type { NatterError } from '../../../chat/error.js';
import { errorOf, isPassing } from '../../failure.js';
import type { Life } from './life.js';

/** A try that failed for a passing reason is made again after this. */
const RETRY_MS = 2_000;

/** Nothing is wrong with the file: what is here of it stays, for when somebody has put right what is. */
const HALTING: ReadonlySet<NatterError['code']> = new Set([
  'DISK_FULL',
  'READ_ONLY',
  'DATA_UNWRITABLE',
  'INTERNAL',
]);

/** Says to a transfer what an error means for it: another try, a pause, or the end. */
export function meet(life: Life, error: unknown): void {
  const failure = errorOf(error);
  if (isPassing(failure)) {
    life.rest(RETRY_MS);
    life.send({ type: 'LOST' });
  } else if (HALTING.has(failure.code)) {
    life.send({ type: 'STALLED', failure });
  } else {
    life.send({ type: 'FAILED', failure });
  }
}
