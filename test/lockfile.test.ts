import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

// npm leaves out of the lock file what it could not fetch for other platforms, and then refuses its own lock file
// at the next `npm ci` on a machine with an empty cache.
it('locks the optional packages of every platform, so that `npm ci` accepts the lock file everywhere', () => {
  const missing: string[] = [];
  for (const [path, locked] of Object.entries(lock.packages)) {
    for (const name of Object.keys(locked.optionalDependencies ?? {})) {
      const known = [`node_modules/${name}`, `${path}/node_modules/${name}`].some(
        (at) => at in lock.packages,
      );
      if (!known) missing.push(`${name}, wanted by ${path}`);
    }
  }
  expect(missing).toEqual([]);
});
