import { afterAll, expect, it, vi } from 'vitest';
import { type Coverage, missing, table, together } from './coverage.js';
import { hold } from './held.js';
import { presence } from './presence.js';
import { session } from './session.js';
import { transferAtSender } from './transfer-sender.js';
import { transferAtServer } from './transfer-server.js';

vi.mock('xstate', async (original) => (await import('./witness.js')).witnessed(await original()));

const coverages: Coverage[] = [];

function held(name: string, walk: () => Promise<Coverage>): void {
  it(`${name} does what its machine says, wherever it stands and whatever happens there`, async () => {
    coverages.push(await walk());
  });
}

held('a transfer at the server', () => hold(transferAtServer));
held('a transfer at its sender', () => hold(transferAtSender));
held('somebody who is here', () => hold(presence));
held('a session at the server', () => hold(session));

it('the program takes every transition of its machines', () => {
  for (const row of together(coverages)) expect(missing(row), row.name).toEqual([]);
});

afterAll(() => console.log(`\n${table(together(coverages))}\n`));
