import { beforeEach, expect, test } from 'vitest';
import type { ClientCommands } from '../../src/chat/events.js';
import { Model } from '../../src/ui/terminal/model.js';
import { Older } from '../../src/ui/terminal/older.js';
import { message, NOW, room } from '../support/fake-terminal.js';

let model: Model;
let now: number;
/** First messages that were asked for more before, and how to answer each question. */
let asked: number[];
let answers: (() => void)[];
let older: Older;

beforeEach(() => {
  model = new Model();
  model.apply({ event: 'room', room: room('#lobby', { head: 300 }) }, NOW);
  now = NOW;
  asked = [];
  answers = [];
  const history: ClientCommands['history'] = (_room, before) =>
    new Promise((resolve) => {
      asked.push(before);
      answers.push(resolve);
    });
  older = new Older(
    { history } as ClientCommands,
    () => now,
    () => {},
  );
});

const look = () => {
  const { current } = model;
  if (current !== undefined) older.fetch(current);
};
const brings = (seq: number) => {
  const event = message(seq, `${seq}`);
  model.apply(event.event === 'message' ? { ...event, history: true } : event, NOW);
};
const answered = async () => {
  for (const answer of answers.splice(0)) answer();
  await new Promise((resolve) => setImmediate(resolve));
};

test('the next page may be asked for as soon as one has come, also when its answer was faster', async () => {
  look();
  await answered();
  look();
  expect(asked).toEqual([301]);
  brings(201);
  look();
  expect(asked).toEqual([301, 201]);
  brings(101);
  look();
  expect(asked).toEqual([301, 201, 101]);
});

test('an answer that brings nothing is not asked for again at once', async () => {
  look();
  look();
  await answered();
  look();
  expect(asked).toEqual([301]);
  now += 2_000;
  look();
  expect(asked).toEqual([301, 301]);
});
