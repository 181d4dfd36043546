import type { ClientCommands, GroupCommands, RingCommands } from '../../chat/events.js';
import { commandsOver } from '../client/commands.js';

export type Commands = ClientCommands & GroupCommands & RingCommands;

type Call = (name: keyof Commands, args: readonly unknown[]) => Promise<unknown>;

/** Everything a peer can be asked, over a call that takes the commands' names. */
export function ringCommandsOver(call: Call): Commands {
  const over =
    <N extends keyof RingCommands>(name: N) =>
    (...args: Parameters<RingCommands[N]>) =>
      call(name, args) as ReturnType<RingCommands[N]>;
  return {
    ...commandsOver(call),
    invite: over('invite'),
    addresses: over('addresses'),
    ringStatus: over('ringStatus'),
    ringView: over('ringView'),
  };
}
