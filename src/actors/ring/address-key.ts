import type { PathAddress } from '../../net/types.js';

/** An address as the key of a Map. */
export function addressKey({ address, port }: PathAddress): string {
  return `${address} ${port}`;
}
