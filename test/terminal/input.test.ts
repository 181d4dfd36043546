import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeTerminal, message, NOW, room } from '../support/fake-terminal.js';

let fake: FakeTerminal;
beforeEach(async () => {
  fake = await FakeTerminal.inLobby({ columns: 80, rows: 24 });
});
afterEach(() => fake.close());

/** Comes over a socket of its own, so a test that wants something to be there polls. */
const said = () => fake.calls.filter(({ call }) => call === 'say').map(({ args }) => args.slice(0, 3));

describe('the input line', () => {
  test('a paste of many lines with a focus report inside does not send; Enter sends it as one message', async () => {
    fake.terminal.paste('first line\nsecond \x1b[Iline\n家族 👨‍👩‍👧‍👦\n');
    await fake.terminal.waitFor('家族');
    await fake.terminal.waitFor('mia > first line');
    expect(said()).toEqual([]);
    fake.terminal.type('end\r');
    await fake.called('say');
    await expect.poll(said).toEqual([['#lobby', 'first line\nsecond line\n家族 👨‍👩‍👧‍👦\nend', 'text']]);
  });

  test('Alt+Enter and Ctrl+J make a new line, Enter sends', async () => {
    fake.terminal.type('a\x1b\rb\nc');
    await fake.terminal.waitFor(() => fake.terminal.rows().some((row) => /^ +c$/.test(row)));
    fake.terminal.type('\r');
    expect((await fake.called('say'))[1]).toBe('a\nb\nc');
  });

  test('letters after Alt, focus and mouse reports in one read are all taken', async () => {
    fake.terminal.type('ca\x1b[Ifé\x1b[<0;40;5M and \x1b[Omore');
    await fake.terminal.waitFor('mia > café and more');
  });

  test('is edited with the keys of readline, emoji as one character', async () => {
    fake.terminal.type('hello wrld 👨‍👩‍👧‍👦x');
    fake.terminal.type('\x7f\x7f\x17\x17bye world\x01oh \x05!');
    await fake.terminal.waitFor('mia > oh bye world!');
  });

  test('Up brings back what was said, Ctrl+R searches in it', async () => {
    fake.terminal.type('deploy the thing\rcoffee\r');
    await fake.called('say', 2);
    fake.terminal.type('\x1b[A');
    await fake.terminal.waitFor('mia > coffee');
    fake.terminal.type('\x12depl');
    await fake.terminal.waitFor("(search 'depl') deploy the thing");
    fake.terminal.type('\r');
    await fake.terminal.waitFor('mia > deploy the thing');
    await expect.poll(() => said().length).toBe(2);
  });

  test('Tab completes names, commands and emoji, and goes round', async () => {
    fake.emit({ event: 'members', room: '#lobby', members: [{ user: 'Élise', state: 'online' }] });
    await fake.terminal.waitFor('1 here');
    fake.terminal.type('él\t');
    await fake.terminal.waitFor('mia > Élise:');
    fake.terminal.type('\x15/to\t');
    await fake.terminal.waitFor('mia > /topic');
    fake.terminal.type('\x15:tad\t');
    await fake.terminal.waitFor('mia > 🎉');
  });

  test('an unknown command is answered with the nearest one and leaves the line to what comes next', async () => {
    fake.terminal.type('/jion dev\r');
    await fake.terminal.waitFor('There is no command /jion; did you mean');
    await fake.terminal.waitForGone('mia > /jion');
    expect(said()).toEqual([]);
    fake.terminal.type('\x1b[A');
    await fake.terminal.waitFor('mia > /jion dev');
  });

  test('a shortcode becomes its emoji, // says a slash', async () => {
    fake.terminal.type('well done :tada:\r//shrug\r');
    await fake.called('say', 2);
    await expect.poll(() => said().map(([, text]) => text)).toEqual(['well done 🎉', '/shrug']);
  });

  test('typing is told to the others, a command is not', async () => {
    fake.terminal.type('/he');
    await fake.terminal.waitFor('mia > /he');
    expect(fake.calls.some(({ call }) => call === 'typing')).toBe(false);
    fake.terminal.type('\x15hi');
    expect(await fake.called('typing')).toEqual(['#lobby', true]);
  });
});

describe('conversations', () => {
  test('show what is unread and what is for oneself, and are reached by number, step and activity', async () => {
    fake.emit({ event: 'room', room: room('#dev', { head: 20, cursor: 8, unread: 12 }) });
    fake.emit({ event: 'room', room: room('#ops', { head: 5, cursor: 3, unread: 2, mentions: 2 }) });
    fake.emit({ event: 'room', room: room('@bo', { head: 3, cursor: 0, unread: 3, mentions: 3 }) });
    await fake.terminal.waitFor('[4:@bo *3]');
    const rows = fake.terminal.rows().join('\n');
    expect(rows).toMatch(/>1 #lobby/);
    expect(rows).toMatch(/ 2 #dev {6,7}12/);
    expect(rows).toMatch(/ 3 #ops {6,7}@2/);
    expect(rows).toMatch(/ 4 @bo {7,8}\*3/);
    expect(rows).toContain('3 active  Alt+A');
    fake.terminal.type('\x1ba');
    await fake.terminal.waitFor('>3 #ops');
    fake.terminal.type('\x1b2');
    await fake.terminal.waitFor('>2 #dev');
    fake.terminal.type('\x1b[1;3C\x1b[1;3C');
    await fake.terminal.waitFor('>4 @bo');
    fake.terminal.type('\x0e');
    await fake.terminal.waitFor('>1 #lobby');
  });

  test('a line shows where the new messages begin, and what is seen is told as read', async () => {
    fake.emit({ event: 'room', room: room('#dev', { head: 2, cursor: 1, unread: 1 }) });
    fake.emit(message(1, 'old words', { room: '#dev', id: 'd1' }));
    fake.emit(message(2, 'new words', { room: '#dev', id: 'd2' }));
    await fake.terminal.waitFor('2 #dev');
    fake.terminal.type('\x1b2');
    await fake.terminal.waitFor('new words');
    const rows = fake.terminal.rows().map((row) => row.slice(18));
    const line = rows.findIndex((row) => row.includes(' new messages '));
    expect(rows[line - 1]).toContain('old words');
    expect(rows[line + 1]).toContain('new words');
    expect(await fake.called('read')).toEqual(['#dev', 2]);
  });

  test('nothing is read while the terminal does not have the focus', async () => {
    fake.terminal.type('\x1b[Ox');
    await fake.terminal.waitFor('mia > x');
    fake.emit(message(1, 'unseen'));
    await fake.terminal.waitFor('unseen');
    expect(fake.calls.some(({ call }) => call === 'read')).toBe(false);
    fake.terminal.type('\x1b[I');
    expect(await fake.called('read')).toEqual(['#lobby', 1]);
    await fake.terminal.waitFor(' new messages ');
  });

  test('older messages are fetched when the first one comes into sight', async () => {
    fake.emit({ event: 'room', room: room('#dev', { head: 500, cursor: 500 }) });
    fake.emit(message(500, 'the last', { room: '#dev', id: 'd500' }));
    await fake.terminal.waitFor('2 #dev');
    fake.terminal.type('\x1b2');
    await fake.terminal.waitFor('the last');
    expect((await fake.called('history')).slice(0, 2)).toEqual(['#dev', 500]);
  });

  test('/join opens a room, /msg a private conversation, /leave goes back', async () => {
    fake.terminal.type('/join dev\r');
    await fake.terminal.waitFor('>2 #dev');
    fake.terminal.type('/msg bo psst\r');
    await fake.terminal.waitFor('>3 @bo');
    await expect.poll(said).toEqual([['@bo', 'psst', 'text']]);
    fake.terminal.type('\x1b2/leave\r');
    await fake.terminal.waitForGone('#dev');
  });

  test('words the server does not answer are told before the connection is given up', async () => {
    fake.emit(message(0, 'hello?', { id: 'own1', mine: true, delivery: 'sending', at: NOW - 4_000 }));
    await fake.terminal.waitFor('NO ANSWER - trying again | for 4 s');
  });

  test('a lost connection is told with words', async () => {
    fake.emit({ event: 'link', state: 'reconnecting', lagMs: 0, sinceMs: 5_000, detail: '' });
    await fake.terminal.waitFor('CONNECTION LOST - trying again | for 5 s');
  });
});

describe('panels', () => {
  test('F1 shows the keys and any key closes them', async () => {
    fake.terminal.type('\x1bOP');
    await fake.terminal.waitFor('natter - keys');
    fake.terminal.type('\x1b');
    await fake.terminal.waitForGone('natter - keys');
  });

  test('F7 hides the rooms, Ctrl+L draws the screen anew', async () => {
    fake.terminal.type('\x1b[18~');
    await fake.terminal.waitForGone('ROOMS');
    await new Promise<void>((resolve) => fake.terminal.emulator.write('\x1b[2Jgarbage', resolve));
    await fake.terminal.waitFor('garbage');
    fake.terminal.type('\x0c');
    await fake.terminal.waitForGone('garbage');
    await fake.terminal.waitFor('mia >');
  });

  test('Alt+M switches the mouse, and a click goes to a room', async () => {
    fake.emit({ event: 'room', room: room('#dev') });
    fake.terminal.type('\x1bm');
    await fake.terminal.waitFor(() => fake.terminal.state().isMouseReported);
    fake.terminal.type('\x1b[<0;4;4M\x1b[<0;4;4m');
    await fake.terminal.waitFor('>2 #dev');
    fake.terminal.type('\x1bm');
    await fake.terminal.waitFor(() => !fake.terminal.state().isMouseReported);
  });
});

test('/password asks for the old and the new one, and shows neither', async () => {
  fake.terminal.type('/password\r');
  await fake.terminal.waitFor('Present password:');
  fake.terminal.type('old secret\r');
  await fake.terminal.waitFor('New password:');
  fake.terminal.type('new secret\r');
  await fake.terminal.waitFor('New password again:');
  fake.terminal.type('new secret\r');
  await fake.terminal.waitFor('Forget all other devices?');
  fake.terminal.type('y\r');
  expect(await fake.called('changePassword')).toEqual(['old secret', 'new secret', true]);
  expect(fake.terminal.raw).not.toContain('secret');
});
