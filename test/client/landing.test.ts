import { expect, test } from 'vitest';
import { Landing } from '../../src/actors/client/files/landing.js';

function landing() {
  const turns: (() => void)[] = [];
  const taken: string[] = [];
  const landed = new Landing(
    (run) => void turns.push(run),
    (file, chunk, record) => void taken.push(`${file}/${chunk} ${record}`),
  );
  const turn = (): string[] => {
    for (const run of turns.splice(0)) run();
    return taken.splice(0);
  };
  return { landed, turn, turns };
}

test('records are taken in the order they came, a few each turn, until none is left', () => {
  const { landed, turn, turns } = landing();
  for (let chunk = 0; chunk < 5; chunk++) landed.add(7, chunk, Buffer.from('x'.repeat(5 - chunk)));
  expect(turn()).toEqual(['7/0 xxxxx', '7/1 xxxx']);
  expect(turn()).toEqual(['7/2 xxx', '7/3 xx']);
  expect(turn()).toEqual(['7/4 x']);
  expect(turns).toEqual([]);
});

test('a record is kept as it came, whatever its buffer is used for next', () => {
  const { landed, turn } = landing();
  const view = Buffer.from('one');
  landed.add(7, 0, view);
  view.write('two');
  landed.add(7, 1, view);
  expect(turn()).toEqual(['7/0 one', '7/1 two']);
  landed.add(7, 2, Buffer.from('three'));
  expect(turn()).toEqual(['7/2 three']);
});

test('of a file that is not taken any more nothing is handed over', () => {
  const { landed, turn } = landing();
  landed.add(7, 0, Buffer.from('a'));
  landed.add(9, 0, Buffer.from('b'));
  landed.forget(7);
  expect(turn()).toEqual(['9/0 b']);
  landed.add(9, 1, Buffer.from('c'));
  landed.clear();
  expect(turn()).toEqual([]);
});
