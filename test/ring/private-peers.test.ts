import { describe, expect, it } from 'vitest';
import { type Person, RingWorld } from './ring-world.js';

const MINUTE = 60_000;

function tell(from: Person, to: Person, text: string): void {
  from.host.turn(() => from.peer.parts.talk.say(to.peer.self, 1, Buffer.from(text)));
}

const heard = ({ letters }: Person) => letters.filter(({ mine }) => !mine).map(({ body }) => body.toString());

/** How somebody's own letters stand, by their texts. */
function states({ letters }: Person): Record<string, string> {
  return Object.fromEntries(
    letters.filter(({ mine }) => mine).map(({ body, state }) => [body.toString(), state]),
  );
}

function community(count: number, weather: ConstructorParameters<typeof RingWorld>[0] = {}): RingWorld {
  const world = new RingWorld(weather);
  for (let n = 0; n < count; n++) world.add();
  world.run(20_000);
  return world;
}

describe('private messages between whole peers', () => {
  it('reach everybody in a ring in which few have a link with each other', () => {
    const world = community(40, { loss: 0.05 });
    const [one, ...others] = world.people as [Person, ...Person[]];
    for (const other of others) tell(other, one, `from ${other.peer.people.own.name}`);
    world.run(20_000);
    expect(heard(one).sort()).toEqual(others.map(({ peer }) => `from ${peer.people.own.name}`).sort());
    for (const other of others) expect(Object.values(states(other))).toEqual(['delivered']);
    const { arrived, hops } = one.peer.parts.talk.router.counters;
    expect(arrived).toBeGreaterThan(10);
    expect(hops / arrived).toBeLessThan(4);
  });

  it('wait for who is away with others who are there, also when half of the ring dies meanwhile', () => {
    const world = community(24);
    const [ana, ben] = [world.people[3], world.people[11]] as [Person, Person];
    ben.host.kill();
    world.run(20_000);
    for (let n = 0; n < 5; n++) tell(ana, ben, `text ${n}`);
    world.run(10_000);
    expect(new Set(Object.values(states(ana)))).toEqual(new Set(['held']));

    ana.host.kill();
    for (let n = 12; n < 22; n += 2) world.people[n]?.host.kill();
    world.run(2 * MINUTE);
    const again = world.add({ mail: ben.mail, store: ben.store, key: 11 });
    world.run(MINUTE);
    expect(heard(again)).toEqual(['text 0', 'text 1', 'text 2', 'text 3', 'text 4']);

    const back = world.add({ mail: ana.mail, store: ana.store, key: 3 });
    world.run(MINUTE);
    expect(new Set(Object.values(states(back)))).toEqual(new Set(['delivered']));
    expect(back.peer.parts.talk.underWay).toBe(0);
  });
});
