import { expect, it } from 'vitest';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';

const SENDERS = 4;
const LINES = 500;

it('a server killed while four senders send has every acknowledged message once, and the senders carry on', async () => {
  const folder = temporaryFolder();
  const data = `${folder.path}/server`;
  let server = await serve(data);
  const senders: Natter[] = [];
  try {
    for (let i = 0; i < SENDERS; i++) await register(server.server, `sender${i}`, `${folder.path}/c${i}`);
    for (let i = 0; i < SENDERS; i++) {
      const send = new Natter([
        'send',
        '--server',
        server.server,
        '--user',
        `sender${i}`,
        '--data',
        `${folder.path}/c${i}`,
        '--to',
        '#lobby',
        '--json',
      ]);
      senders.push(send);
    }
    // Lines trickle in while the server dies and comes back, so that every sender is in the middle.
    const feeding = senders.map(async (send, i) => {
      for (let n = 1; n <= LINES; n++) {
        send.child.stdin.write(`${i} ${n}\n`);
        if (n % 25 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      send.child.stdin.end();
    });
    await Promise.all(
      senders.map((send) => send.until('50 accepted', () => send.events('accepted').length >= 50)),
    );
    server.run.kill('SIGKILL');
    await server.run.exit;
    server = await serve(data, [], server.port);
    await Promise.all(feeding);
    for (const send of senders) expect(await send.exit, send.stderr).toBe(0);

    const tail = new Natter([
      'tail',
      '--server',
      server.server,
      '--user',
      'sender0',
      '--data',
      `${folder.path}/c0`,
      '--room',
      '#lobby',
      '--since',
      '0',
      '--until-idle',
      '1000',
      '--json',
    ]);
    expect(await tail.exit, tail.stderr).toBe(0);
    const messages = tail.events('message');
    for (let i = 0; i < SENDERS; i++) {
      const mine = messages.filter((line) => line.from === `sender${i}`).map((line) => line.text);
      expect(mine).toEqual(Array.from({ length: LINES }, (_, n) => `${i} ${n + 1}`));
    }
    const ids = new Set(messages.map((line) => line.id));
    for (const send of senders) {
      for (const line of send.events('accepted')) expect(ids.has(line.id)).toBe(true);
    }
  } finally {
    for (const send of senders) send.kill('SIGKILL');
    server.run.kill();
    await server.run.exit;
    folder.remove();
  }
}, 120_000);
