import { describe, expect, test } from 'vitest';
import { Editor } from '../../src/ui/terminal/editor.js';

function editorWith(text: string): Editor {
  const editor = new Editor();
  editor.insert(text);
  return editor;
}

/** The text with | where the cursor is. */
function shown(editor: Editor): string {
  return `${editor.before}|${editor.text.slice(editor.before.length)}`;
}

describe('editing', () => {
  test('backspace takes a whole family away', () => {
    const editor = editorWith('a👨‍👩‍👧‍👦');
    editor.backspace();
    expect(shown(editor)).toBe('a|');
  });

  test('what joins the cluster before it becomes one with it', () => {
    const editor = editorWith('👍');
    editor.insert('🏽');
    expect(editor.clusters.length).toBe(1);
    editor.insert('x');
    editor.left();
    editor.left();
    expect(shown(editor)).toBe('|👍🏽x');
  });

  test('moves by words and cuts them, and puts back what was cut', () => {
    const editor = editorWith('one two, trois');
    editor.wordLeft();
    expect(shown(editor)).toBe('one two, |trois');
    editor.killWordLeft();
    expect(shown(editor)).toBe('one |trois');
    editor.end();
    editor.yank();
    expect(shown(editor)).toBe('one troistwo, |');
    editor.killToStart();
    expect(shown(editor)).toBe('|');
    editor.yank();
    editor.home();
    editor.wordRight();
    editor.killToEnd();
    expect(shown(editor)).toBe('one|');
    editor.left();
    editor.transpose();
    expect(shown(editor)).toBe('oen|');
  });

  test('up and down move between the lines of a text before they leave it', () => {
    const editor = editorWith('first');
    editor.take();
    editor.insert('long line\nab\nthird');
    editor.up();
    expect(shown(editor)).toBe('long line\nab|\nthird');
    editor.up();
    expect(shown(editor)).toBe('lo|ng line\nab\nthird');
    editor.up();
    expect(shown(editor)).toBe('first|');
    editor.down();
    expect(shown(editor)).toBe('long line\nab\nthird|');
  });
});

describe('history', () => {
  test('goes back and comes forward to the line being written', () => {
    const editor = new Editor();
    for (const line of ['one', 'two']) {
      editor.insert(line);
      editor.take();
    }
    editor.insert('draft');
    editor.up();
    editor.up();
    editor.up();
    expect(editor.text).toBe('one');
    editor.down();
    editor.down();
    expect(editor.text).toBe('draft');
  });

  test('reverse search finds older and older lines, and gives the draft back when it is left', () => {
    const editor = new Editor();
    for (const line of ['deploy alpha', 'deploy beta', 'coffee']) {
      editor.insert(line);
      editor.take();
    }
    editor.insert('draft');
    editor.searchBack();
    editor.insert('DEPLOY');
    expect(editor.text).toBe('deploy beta');
    editor.searchBack();
    expect(editor.text).toBe('deploy alpha');
    editor.searchEnd(false);
    expect(editor.text).toBe('draft');
    expect(editor.searching).toBeUndefined();
  });
});
