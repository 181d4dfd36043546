import { afterAll, expect, it, vi } from 'vitest';
import { machines } from '../../src/actors/machines/catalogue.js';
import { clientLogin, clientRegistration } from './authentication.js';
import { clientSession } from './client-session.js';
import { type Coverage, missing, table, together } from './coverage.js';
import { hold } from './held.js';
import { login } from './login.js';
import { presence } from './presence.js';
import { registration } from './registration.js';
import { ringLink } from './ring-link.js';
import { ringNode } from './ring-node.js';
import { room } from './room.js';
import { session } from './session.js';
import { transferAtSender } from './transfer-sender.js';
import { transferAtServer } from './transfer-server.js';

vi.mock('xstate', async (original) => (await import('./witness.js')).witnessed(await original()));

// XState warns of each event that comes after a machine's end; a program whose clients come too late sends some.
vi.spyOn(console, 'warn').mockImplementation(() => undefined);

const coverages: Coverage[] = [];

function held(name: string, walk: () => Promise<Coverage>): void {
  it(`${name} does what its machine says, wherever it stands and whatever happens there`, async () => {
    coverages.push(await walk());
  }, 60_000);
}

held('a transfer at the server', () => hold(transferAtServer));
held('a transfer at its sender', () => hold(transferAtSender));
held('somebody who is here', () => hold(presence));
held('a session at the server', () => hold(session));
held('a room', () => hold(room));
held('a login at the server', () => hold(login));
held('a registration at the server', () => hold(registration));
held('a login at the client', () => hold(clientLogin));
held('a registration at the client', () => hold(clientRegistration));
held('a session at the client', () => hold(clientSession));
held('a link of the ring', () => hold(ringLink));
held('a peer of the ring', () => hold(ringNode));

it('every machine of the catalogue is held against the program', () => {
  expect(new Set(coverages.map(({ name }) => name))).toEqual(new Set(machines.map(({ name }) => name)));
});

it('the program takes every transition of its machines, but for those that it never brings about', () => {
  for (const row of together(coverages)) expect(missing(row), row.name).toEqual([]);
});

afterAll(() => console.log(`\n${table(together(coverages))}\n`));
