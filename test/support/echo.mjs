/** A worker module for the runtime's tests: one kind of actor that does as it is told. */
import { Kind } from '#natter/actors/runtime/actor.js';
import { NatterError } from '#natter/chat/error.js';

export const Do = {
  /** Answers an ask with its body, a tell with a tell. */
  echo: 1,
  fail: 2,
  /** Counts, keeps the count as its snapshot, answers it (u32). */
  count: 3,
  /** Blocks the whole thread: body u32 milliseconds. */
  block: 4,
  /** Never answers. */
  hold: 5,
  refuse: 6,
  stop: 7,
  /** Asks another room to echo: body key u32, rest; answers what that answered. */
  relay: 8,
  /** Watches room (body: key u32); is told by Terminated, and then tells the test. */
  watch: 9,
  watchThreads: 10,
  /** An ask that fails, and whose error nobody catches. */
  careless: 11,
  /** Tells the test what it was told. */
  forward: 12,
};

function room(context, snapshot, isHeard) {
  let count = snapshot?.readUInt32BE() ?? 0;
  const test = { kind: Kind.Test, key: 0 };
  // The first thing that one does in its next life.
  if (isHeard && snapshot !== undefined) context.tell(test, Do.count, snapshot);
  return {
    receive(message) {
      const { type, body } = message;
      switch (type) {
        case Do.echo:
          if (message.ask) context.reply(message, body);
          else context.tell(message.from, Do.echo, body);
          return;
        case Do.fail:
          throw new Error('told to');
        case Do.count: {
          count++;
          const state = Buffer.alloc(4);
          state.writeUInt32BE(count);
          context.snapshot(state);
          if (message.ask) context.reply(message, state);
          return;
        }
        case Do.block:
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, body.readUInt32BE());
          return;
        case Do.refuse:
          context.refuse(message, new NatterError('NOT_ALLOWED', 'Ask somebody else.', { seconds: 3 }));
          return;
        case Do.stop:
          if (message.ask) context.reply(message, body);
          context.stop();
          return;
        case Do.relay: {
          const held = context.hold(message);
          context
            .ask({ kind: Kind.Room, key: body.readUInt32BE() }, Do.echo, body.subarray(4), 5_000)
            .then((answer) => context.reply(held, answer))
            .catch((error) => context.refuse(held, error));
          return;
        }
        case Do.watch:
          context.watch({ kind: Kind.Room, key: body.readUInt32BE() });
          if (message.ask) context.reply(message, body);
          return;
        case Do.watchThreads:
          context.watchThreads();
          if (message.ask) context.reply(message, body);
          return;
        case Do.forward:
          context.tell(test, type, body);
          return;
        case Do.careless:
          void context.ask(context.self, Do.hold, body, 1);
          return;
        default:
          // The runtime's own types cannot be told: the test gets their low byte.
          if (type >= 0xff00) context.tell(test, type & 0xff, body);
      }
    },
  };
}

export function start(host) {
  if (host.data?.refuse) throw new NatterError('PORT_TAKEN', 'Choose another port.', { port: 7 });
  host.onStop(() => host.post('stopped'));
  host.expose({
    add: (a, b) => a + b,
    refuse: () => {
      throw new NatterError('BUSY', 'Try later.', { seconds: 2 });
    },
    never: () => new Promise(() => undefined),
  });
  const create = (context, snapshot) => room(context, snapshot, host.data?.isHeard);
  return [{ kind: Kind.Room, name: 'room', create, ...host.data?.type }];
}
