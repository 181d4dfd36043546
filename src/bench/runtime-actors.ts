/** The two ends of the runtime's bench, as a worker module. */
import {
  type Actor,
  type ActorContext,
  type ActorType,
  Kind,
  type Message,
} from '../actors/runtime/actor.js';

/** What the pitcher is asked to do: body mode u8, messages u32, in flight u32, body bytes u32; answers microseconds f64. */
export const Pitch = { run: 1, pong: 2, caught: 3 } as const;
export const Mode = { tell: 1, ask: 2, oneWay: 3 } as const;
const Catch = { ping: 1, throw: 2 } as const;

export const PITCHER = { kind: Kind.Session, key: 0 } as const;
const CATCHER = { kind: Kind.Room, key: 0 } as const;
/** One way: the catcher says so every this many. */
const CAUGHT_EVERY = 64;

function catcher(context: ActorContext): Actor {
  const empty = Buffer.alloc(0);
  let caught = 0;
  return {
    receive(message: Message) {
      if (message.ask !== 0) context.reply(message, message.body);
      else if (message.type === Catch.ping) context.tell(PITCHER, Pitch.pong, message.body);
      else if (++caught % CAUGHT_EVERY === 0) context.tell(PITCHER, Pitch.caught, empty);
    },
  };
}

function pitcher(context: ActorContext): Actor {
  let body = Buffer.alloc(0);
  let left = 0;
  let open = 0;
  let finish: () => void = () => undefined;

  const ask = () => {
    context.ask(CATCHER, Catch.ping, body, 60_000).then(() => {
      if (--left > 0) ask();
      else if (left === 1 - open) finish();
    });
  };
  const answered = (count: number, type: number) => {
    left -= count;
    if (left <= 0) finish();
    else if (left >= open) for (let i = 0; i < count; i++) context.tell(CATCHER, type, body);
  };

  return {
    receive(message: Message) {
      if (message.type === Pitch.pong) answered(1, Catch.ping);
      else if (message.type === Pitch.caught) answered(CAUGHT_EVERY, Catch.throw);
      else {
        const request = message.body;
        const mode = request.readUInt8(0);
        left = request.readUInt32BE(1);
        open = request.readUInt32BE(5);
        body = Buffer.alloc(request.readUInt32BE(9), 1);
        const held = context.hold(message);
        const start = process.hrtime.bigint();
        finish = () => {
          finish = () => undefined;
          const answer = Buffer.alloc(8);
          answer.writeDoubleBE(Number(process.hrtime.bigint() - start) / 1000);
          context.reply(held, answer);
        };
        for (let i = 0; i < open; i++) {
          if (mode === Mode.ask) ask();
          else context.tell(CATCHER, mode === Mode.tell ? Catch.ping : Catch.throw, body);
        }
      }
    },
  };
}

export function start(): ActorType[] {
  const mailbox = { control: 256, data: 8192 };
  return [
    { kind: Kind.Session, name: 'pitcher', mailbox, create: pitcher },
    { kind: Kind.Room, name: 'catcher', mailbox, create: catcher },
  ];
}
