/** A thread full of actors that each host a machine, as a worker module. */
import { setup } from 'xstate';
import { type ActorContext, type ActorType, Kind } from '../actors/runtime/actor.js';
import { HostedMachine } from '../actors/runtime/machine.js';

const doorMachine = setup({ types: { events: {} as { readonly type: 'KNOCK' } } }).createMachine({
  id: 'door',
  initial: 'closed',
  states: { closed: { on: { KNOCK: 'open' } }, open: { on: { KNOCK: 'closed' } } },
});

function door(context: ActorContext) {
  const machine = new HostedMachine(context, doorMachine, { input: undefined });
  return { receive: () => machine.send({ type: 'KNOCK' }), describe: () => machine.describe() };
}

export function start(): ActorType[] {
  return [{ kind: Kind.Room, name: 'door', mailbox: { control: 16, data: 65_536 }, create: door }];
}
