/** Where a Chromium is on this machine, and how to start it: for the tests and for the pictures of the docs. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';

/** What to do without one. */
export const MISSING =
  'these tests need Chromium: `apt-get install --no-install-recommends chromium` installs it on Debian and Ubuntu, or name any other build by NATTER_CHROMIUM=/path/to/chrome';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** As root there is no sandbox; whatever would call home is off, and no name but loopback's leads anywhere. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
  // Pages may be asked how much memory they take, precisely and after a collection.
  '--js-flags=--expose-gc',
  '--enable-precise-memory-info',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

export function findChromium() {
  const named = process.env.NATTER_CHROMIUM;
  if (named !== undefined && named !== '') return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

export function launchChromium(executablePath) {
  return chromium.launch({ executablePath, args: FLAGS, timeout: 60_000 });
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
