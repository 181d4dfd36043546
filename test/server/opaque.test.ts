import { Piscina } from 'piscina';
import { describe, expect, it, vi } from 'vitest';
import { OpaquePool } from '#natter/actors/jobs/pool.js';
import * as opaque from '../../src/actors/jobs/opaque.js';

describe('the steps of OPAQUE', () => {
  it('end in one session key on both sides, and in none for a wrong password or an unknown user', async () => {
    const pool = new OpaquePool();
    try {
      const setup = await opaque.serverSetup();
      const password = 'correct horse';
      const started = await pool.clientRegistrationStart({ password });
      const response = await pool.serverRegistration({ setup, user: 'ada', request: started.request });
      const record = await pool.clientRegistrationFinish({ password, state: started.state, response });

      const login = async (typed: string, known: string | null) => {
        const start = await pool.clientLoginStart({ password: typed });
        const { state, response } = await pool.serverLoginStart({
          setup,
          user: 'ada',
          record: known,
          request: start.request,
        });
        return {
          state,
          bytes: response.length,
          client: await pool.clientLoginFinish({ password: typed, state: start.state, response }),
        };
      };
      const right = await login(password, record);
      const key = await pool.serverLoginFinish({ state: right.state, finish: right.client?.finish ?? '' });
      expect(key).toBe(right.client?.sessionKey);
      expect(Buffer.from(key ?? '', 'base64url')).toHaveLength(64);

      const [wrong, unknown] = [await login('a guess', record), await login(password, null)];
      expect(wrong.client).toBeUndefined();
      expect(unknown.client).toBeUndefined();
      expect(unknown.bytes).toBe(wrong.bytes);
      const finish = right.client?.finish ?? '';
      expect(await pool.serverLoginFinish({ state: unknown.state, finish })).toBeNull();
      expect(await pool.serverLoginFinish({ state: wrong.state, finish: 'garbage' })).toBeNull();
      await expect(pool.serverRegistration({ setup, user: 'ada', request: 'garbage' })).rejects.toThrow();
    } finally {
      await pool.close();
    }
  });

  it('go on after a thread failed between two of them', async () => {
    const run = vi.spyOn(Piscina.prototype, 'run');
    const pool = new OpaquePool();
    try {
      await pool.clientLoginStart({ password: 'correct horse' });
      const piscina = run.mock.contexts[0];
      const [thread] = piscina instanceof Piscina ? piscina.threads : [];
      expect(() => thread?.emit('error', new Error('out of memory'))).not.toThrow();
      expect(thread).toBeDefined();
      expect((await pool.clientLoginStart({ password: 'correct horse' })).request).not.toBe('');
    } finally {
      run.mockRestore();
      await pool.close();
    }
  });
});
