import { expect, it } from 'vitest';
import { openChat } from '../support/chat-terminal.js';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';

// 7 s and 22 s are the rule (docs/PROTOCOL.md, "Keepalive and idle"); the rest is a busy machine's.
const SLACK_MS = 3_000;

it('a killed client is offline for others within 22 s, a killed server is seen on an idle screen within 7 s', async () => {
  const folder = temporaryFolder();
  const server = await serve(`${folder.path}/server`);
  const runs: Natter[] = [server.run];
  const tail = (user: string): Natter => {
    const run = new Natter([
      'tail',
      '--server',
      server.server,
      '--user',
      user,
      '--data',
      `${folder.path}/${user}`,
      '--room',
      '#lobby',
      '--json',
    ]);
    runs.push(run);
    return run;
  };
  try {
    await register(server.server, 'ana', `${folder.path}/ana`);
    const ana = tail('ana');
    await ana.first('joined');
    await register(server.server, 'bo', `${folder.path}/bo`);
    const bo = tail('bo');
    await bo.first('joined');
    const stateOfBo = (run: Natter) =>
      run.events('presence').findLast((line) => line.user === 'bo')?.state ?? 'unknown';
    await ana.until('bo to be online', (run) => stateOfBo(run) === 'online');
    bo.kill('SIGKILL');
    const diedAt = Date.now();
    await ana.until('bo to be offline', (run) => stateOfBo(run) === 'offline', 22_000 + SLACK_MS);
    expect(Date.now() - diedAt).toBeGreaterThan(8_000);
    ana.kill();
    await ana.exit;

    const screen = openChat(['--server', server.server, '--user', 'ana', '--data', `${folder.path}/ana`], {
      columns: 100,
      rows: 24,
    });
    try {
      await screen.waitFor('connected');
      server.run.kill('SIGKILL');
      const killedAt = Date.now();
      await screen.waitFor('trying again');
      expect(Date.now() - killedAt).toBeLessThan(7_000 + SLACK_MS);
      runs.push((await serve(`${folder.path}/server`, [], server.port)).run);
      await screen.waitFor('connected');
    } finally {
      await screen.close();
    }
  } finally {
    for (const run of runs) run.kill('SIGKILL');
    await Promise.all(runs.map((run) => run.exit));
    folder.remove();
  }
}, 90_000);
