/** What is in the pictures, by name: each plays a session and returns the terminal to be drawn. */
const FAKE = 'test/terminal/fakeclient.mjs';

async function dashboard(start, columns, rows) {
  const session = start(process.execPath, [FAKE], { columns, rows, env: { USER: 'mia' } });
  await session.see('Try it here');
  session.type('\r');
  await session.see('hello?');
  session.type('the release is tagged :tada:');
  await session.see(':tada:');
  return session;
}

export const SESSIONS = {
  setup: async (start) => {
    const session = start(process.execPath, [FAKE], { columns: 80, rows: 24, env: { USER: 'mia' } });
    await session.see('Ctrl+C quit');
    return session;
  },
  dashboard: (start) => dashboard(start, 80, 24),
  wide: (start) => dashboard(start, 140, 40),
};
