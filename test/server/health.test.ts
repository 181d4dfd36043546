import { afterEach, expect, it } from 'vitest';
import { Metrics } from '../../src/actors/server/metrics.js';

let metrics: Metrics | undefined;
afterEach(() => metrics?.close());

/** Two threads, of which `silent` does not answer; `fault` is the store's. */
async function health(silent: string, fault: string): Promise<[number, string]> {
  const thread = (name: string) => ({
    stats: async () => {
      if (name === silent) throw new Error('no answer');
    },
    call: async (method: string) => (method === 'fault' ? fault : {}),
  });
  const system = { names: ['io', 'store'], thread, restarts: () => 0 };
  metrics = new Metrics(system as unknown as ConstructorParameters<typeof Metrics>[0]);
  const { host, port } = await metrics.listen('127.0.0.1', 0);
  const answer = await fetch(`http://${host}:${port}/health`);
  return [answer.status, await answer.text()];
}

it('is well while every thread answers and the store writes', async () => {
  expect(await health('', '')).toEqual([200, 'ok\n']);
});

it('names the thread that does not answer', async () => {
  expect(await health('io', '')).toEqual([503, 'silent: io\n']);
});

it('says why the store is read-only', async () => {
  expect(await health('', 'The disk is full.')).toEqual([503, 'read-only: The disk is full.\n']);
});
