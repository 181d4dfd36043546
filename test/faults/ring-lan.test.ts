/** Real processes on hosts of their own: they find each other on the LAN, are cut apart, and meet again. */
import { afterEach, describe, expect, it } from 'vitest';
import { canMakeHosts, Lan } from '../support/lan.js';
import { type Member, RingParty } from '../support/ring-party.js';

const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function gathered(nicks: readonly string[]): Promise<{ lan: Lan; members: Member[] }> {
  const lan = new Lan(nicks.length);
  closing.push(() => lan.close());
  const party = new RingParty('island');
  closing.push(() => party.close());
  const members: Member[] = [];
  for (const [index, nick] of nicks.entries()) {
    const host = lan.hosts[index];
    if (host === undefined) throw new RangeError(nick);
    members.push((await party.start(nick, { host })).member);
  }
  await Promise.all(members.map((member) => member.isIn(nicks.length - 1, 60_000)));
  return { lan, members };
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(String(index));
  return item;
}

describe.runIf(canMakeHosts())('people on one network', { timeout: 240_000 }, () => {
  it('find each other, talk on in both halves of a cut network, and have all of both when it is whole', async () => {
    const { lan, members } = await gathered(['ada', 'ben', 'cleo', 'dan', 'eva']);
    at(members, 0).type('all together');
    await Promise.all(members.map((member) => member.heard(['all together'])));

    lan.cut(3, 4);
    const [left, right] = [members.slice(0, 3), members.slice(3)];
    await Promise.all([
      ...left.map((member) => member.isIn(2, 60_000)),
      ...right.map((member) => member.isIn(1, 60_000)),
    ]);
    const said: string[] = [];
    for (const [index, member] of members.entries()) {
      for (let line = 0; line < 5; line++) {
        member.type(`apart ${index}.${line}`);
        said.push(`apart ${index}.${line}`);
      }
    }
    await Promise.all(left.map((member) => member.heard(said.slice(0, 15))));
    await Promise.all(right.map((member) => member.heard(said.slice(15))));

    lan.heal();
    await Promise.all(members.map((member) => member.isIn(4, 120_000)));
    await Promise.all(members.map((member) => member.heard(said, '#lobby', 60_000)));
    for (const member of members) {
      const heard = member.texts();
      expect(heard.toSorted()).toEqual([...said, 'all together'].toSorted());
    }
  });

  it('stay connected when one of them moves to another address', async () => {
    const { lan, members } = await gathered(['ada', 'ben', 'cleo']);
    lan.move(1, '10.77.200.5');
    at(members, 1).type('I moved');
    await Promise.all(members.map((member) => member.heard(['I moved'])));
    at(members, 0).type('welcome back');
    await at(members, 1).heard(['welcome back']);
    await Promise.all(members.map((member) => member.isIn(2, 60_000)));
  });

  it('have what was said while one of them slept, without logging in again', async () => {
    const { members } = await gathered(['ada', 'ben', 'cleo']);
    const sleeper = at(members, 2);
    sleeper.run.kill('SIGSTOP');
    // NATTER_SLEEP_S=600 is the ten minutes of a closed lid; in every run it is long enough to be taken for dead.
    await Promise.all(members.slice(0, 2).map((member) => member.isIn(1, 60_000)));
    const extra = Number(process.env.NATTER_SLEEP_S ?? 0);
    if (extra > 0) await new Promise((resolve) => setTimeout(resolve, extra * 1000));
    at(members, 0).type('while you slept');
    await at(members, 1).heard(['while you slept']);
    sleeper.run.kill('SIGCONT');
    await sleeper.heard(['while you slept'], '#lobby', 60_000);
    await Promise.all(members.map((member) => member.isIn(2, 60_000)));
    sleeper.type('awake');
    await Promise.all(members.map((member) => member.heard(['awake'])));
  }, 900_000);
});
