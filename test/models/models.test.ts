import { it, vi } from 'vitest';
import { hold } from './held.js';
import { transferAtServer } from './transfer-server.js';

vi.mock('xstate', async (original) => (await import('./witness.js')).witnessed(await original()));

it('x', async () => {
  const coverage = await hold(transferAtServer);
  console.log(JSON.stringify({ ...coverage, all: coverage.all.length, covered: coverage.covered.length, missing: coverage.all.filter((x) => !coverage.covered.includes(x)) }, null, 1));
});
