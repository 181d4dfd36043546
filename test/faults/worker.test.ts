import { describe, expect, it } from 'vitest';
import { startServer } from '#natter/actors/server/server.js';
import { Natter, register, temporaryFolder } from '../support/natter.js';

const LINES = 400;
const KILLS = 3;

describe('a core worker killed under load', () => {
  for (const workers of [1, 2]) {
    it(`keeps every connection and every acknowledged message, with ${workers} of them`, async () => {
      const folder = temporaryFolder();
      const server = await startServer({
        data: `${folder.path}/server`,
        listen: { host: '127.0.0.1', port: 0 },
        workers,
        log: 'silent',
      });
      const at = `127.0.0.1:${server.port}`;
      const runs: Natter[] = [];
      try {
        for (const user of ['ana', 'bo']) await register(at, user, `${folder.path}/${user}`);
        const as = (user: string, ...args: string[]) => {
          const run = new Natter([
            ...args,
            '--server',
            at,
            '--user',
            user,
            '--data',
            `${folder.path}/${user}`,
            '--json',
          ]);
          runs.push(run);
          return run;
        };
        const reader = as('bo', 'tail', '--room', '#lobby', '--since', '0');
        await reader.first('joined');
        const sender = as('ana', 'send', '--to', '#lobby');
        let widestGapMs = 0;
        let last = performance.now();
        reader.child.stdout.on('data', () => {
          widestGapMs = Math.max(widestGapMs, performance.now() - last);
          last = performance.now();
        });
        // The next lines are said only when the earlier ones were read: a conversation, not a pile.
        for (let n = 1; n <= LINES; n++) {
          sender.child.stdin.write(`line ${n}\n`);
          if (n % 10 === 0) {
            await reader.until(`${n} messages`, () => reader.events('message').length >= n - 5);
          }
          if (n % (LINES / (KILLS + 1)) === 0 && n < LINES) await server.system.kill('core-0');
        }
        sender.child.stdin.end();
        expect(await sender.exit, sender.stderr).toBe(0);
        await reader.until('all messages', () => reader.events('message').length >= LINES);
        const texts = reader.events('message').map((line) => line.text);
        expect(texts).toEqual(Array.from({ length: LINES }, (_, n) => `line ${n + 1}`));
        expect(sender.events('accepted')).toHaveLength(LINES);
        expect(reader.stderr + sender.stderr).not.toContain('reconnect');
        console.log(`widest gap in the conversation: ${Math.round(widestGapMs)} ms over ${KILLS} kills`);
      } finally {
        for (const run of runs) run.kill('SIGKILL');
        await server.stop(5_000);
        folder.remove();
      }
    }, 120_000);
  }
});
