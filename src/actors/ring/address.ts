import type { PathAddress } from '../../net/types.js';

/** An address as the key of a Map. */
export function addressText({ address, port }: PathAddress): string {
  return `${address} ${port}`;
}
