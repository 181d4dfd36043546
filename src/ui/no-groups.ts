/** What a client answers about groups whose server keeps none. */
import { NatterError } from '../chat/error.js';
import type { ClientCommands, GroupCommands } from '../chat/events.js';

const refused = async (): Promise<never> => {
  throw new NatterError('NOT_ALLOWED', 'This server keeps no groups; natter ring has them.');
};

const NONE: GroupCommands = {
  locate: refused,
  location: async () => undefined,
  near: refused,
  interest: refused,
  groups: async () => [],
  tags: async () => [],
};

/** The same client with these answers. */
export function withoutGroups<C extends ClientCommands>(client: C): C & GroupCommands {
  return new Proxy(client, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      const value = own ?? Reflect.get(NONE, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as C & GroupCommands;
}
