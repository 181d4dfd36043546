import { expect, it } from 'vitest';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';
import { Relay } from '../support/relay.js';

const LINES = Number(process.env.NATTER_LINES ?? 2_000);

it('send through a link that loses, doubles and reorders: tail shows every line once, in order', async () => {
  const folder = temporaryFolder();
  const { run, port } = await serve(`${folder.path}/server`);
  const relay = await Relay.open(
    { host: '127.0.0.1', port },
    { lose: 0.2, duplicate: 0.1, reorder: 0.2, seed: 20 },
  );
  try {
    await register(relay.address, 'ana', `${folder.path}/ana`);
    const input = Array.from({ length: LINES }, (_, i) => `line ${i + 1}\n`).join('');
    const common = ['--server', relay.address, '--user', 'ana', '--data', `${folder.path}/ana`, '--json'];
    const send = new Natter(['send', ...common, '--to', '#lobby'], { input });
    expect(await send.exit, send.stderr).toBe(0);
    expect(send.events('accepted')).toHaveLength(LINES);

    const tail = new Natter(['tail', ...common, '--room', '#lobby', '--since', '0', '--until-idle', '1500']);
    expect(await tail.exit, tail.stderr).toBe(0);
    const texts = tail.events('message').map((line) => line.text);
    expect(texts).toEqual(input.trimEnd().split('\n'));
    expect(relay.counters.lost).toBeGreaterThan(0);
    expect(new Set(tail.events('message').map((line) => line.id))).toEqual(
      new Set(send.events('accepted').map((line) => line.id)),
    );
  } finally {
    run.kill();
    await run.exit;
    relay.close();
    folder.remove();
  }
}, 240_000);
