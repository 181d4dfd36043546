import { expect, test } from 'vitest';
import { suggestName } from '../../src/ui/terminal/whoami.js';

test.each([
  [{ USER: 'mia' }, 'mia'],
  [{ USERNAME: 'Zoë' }, 'Zoë'],
  [{ USER: '' }, ''],
  [{ USER: 'two words' }, 'me'],
  [{ USER: 'admin' }, 'me'],
])('%j suggests the name %s', (environment, name) => {
  expect(suggestName(environment)).toBe(name);
});

test('an environment that names nobody suggests somebody all the same', () => {
  expect(suggestName({})).not.toBe('');
});
