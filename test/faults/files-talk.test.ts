/** Talk goes on beside a file, between its two ends as between others. How long it takes tells `natter bench files`. */
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { type Client, openClient } from '#natter/actors/client/client.js';
import type { ClientEvent, Message, Transfer } from '../../src/chat/events.js';
import { hashOf, writeRandom } from '../support/files.js';
import { Party } from '../support/party.js';

const SIZE = Number(process.env.NATTER_TALK_MB ?? 60) * 1e6;

interface Person {
  readonly client: Client;
  readonly texts: string[];
  readonly transfers: Transfer[];
}

it('talk comes through in order while a file runs, and before the file is there', async () => {
  const party = await Party.open([]);
  const told = new EventTarget();
  const clients: Client[] = [];
  const open = async (user: string): Promise<Person> => {
    const texts: string[] = [];
    const transfers: Transfer[] = [];
    const heard = (message: Message) => {
      if (message.kind === 'text' && !message.mine) texts.push(message.text);
    };
    const client = await openClient({
      data: party.path(user),
      server: party.at,
      threaded: false,
      onEvent: (events: ClientEvent[]) => {
        for (const event of events) {
          if (event.event === 'message') heard(event.message);
          if (event.event === 'transfer') transfers.push(event.transfer);
        }
        told.dispatchEvent(new Event('news'));
      },
    });
    clients.push(client);
    await client.login(party.at, { user, password: `password of ${user}`, register: true, remember: true });
    return { client, texts, transfers };
  };
  const until = async (holds: () => boolean) => {
    while (!holds()) await once(told, 'news');
  };
  try {
    const [ana, bo, cy, di] = [await open('ana'), await open('bo'), await open('cy'), await open('di')];
    for (const { client } of [cy, di]) await client.follow('#tea');
    await ana.client.follow('@bo');
    await bo.client.follow('@ana');
    const path = writeRandom(party.path('large.bin'), SIZE, 1);
    const id = await ana.client.sendFile('@bo', path);
    await until(() => bo.transfers.some((transfer) => transfer.state === 'offered'));
    await bo.client.acceptFile(id, party.folder('into'));
    await until(() => bo.transfers.some(({ state, bytes }) => state === 'running' && bytes > 0));

    // One text after the other: each is said when the one before it was heard.
    let rounds = 0;
    const isDone = () => bo.transfers.some(({ state }) => state === 'done');
    while (!isDone() && rounds < 50) {
      rounds++;
      await Promise.all([
        ana.client.say('@bo', `ana ${rounds}`, 'text'),
        bo.client.say('@ana', `bo ${rounds}`, 'text'),
        cy.client.say('#tea', `cy ${rounds}`, 'text'),
      ]);
      await until(() => [ana, bo, di].every(({ texts }) => texts.length === rounds));
    }
    expect(rounds).toBeGreaterThan(3);
    const said = (name: string) => Array.from({ length: rounds }, (_, n) => `${name} ${n + 1}`);
    expect(bo.texts).toEqual(said('ana'));
    expect(ana.texts).toEqual(said('bo'));
    expect(di.texts).toEqual(said('cy'));
    await until(isDone);
    const done = bo.transfers.find(({ state }) => state === 'done');
    expect(done?.hash).toBe(await hashOf(path));
    expect(await hashOf(String(done?.path))).toBe(done?.hash);
  } finally {
    for (const client of clients) await client.close();
    await party.close();
  }
}, 120_000);
