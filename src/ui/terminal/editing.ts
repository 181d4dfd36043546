/** Which action does what on an editor. */
import type { Editor } from './editor.js';
import type { Action } from './keys.js';

const EDITS: Partial<Record<Action, (editor: Editor) => void>> = {
  newline: (editor) => editor.insert('\n'),
  backspace: (editor) => editor.backspace(),
  delete: (editor) => editor.delete(),
  left: (editor) => editor.left(),
  right: (editor) => editor.right(),
  wordLeft: (editor) => editor.wordLeft(),
  wordRight: (editor) => editor.wordRight(),
  home: (editor) => editor.home(),
  end: (editor) => editor.end(),
  up: (editor) => editor.up(),
  down: (editor) => editor.down(),
  killToEnd: (editor) => editor.killToEnd(),
  killToStart: (editor) => editor.killToStart(),
  killWordLeft: (editor) => editor.killWordLeft(),
  killWordRight: (editor) => editor.killWordRight(),
  yank: (editor) => editor.yank(),
  transpose: (editor) => editor.transpose(),
  searchBack: (editor) => editor.searchBack(),
  cancel: (editor) => editor.searchEnd(false),
};

/** Actions that belong to the search itself; any other ends it and keeps what was found. */
const SEARCHING: readonly Action[] = ['searchBack', 'backspace', 'cancel', 'send', 'interrupt'];

/** @returns whether the action was one of editing */
export function edit(editor: Editor, action: Action): boolean {
  const run = EDITS[action];
  if (editor.searching !== undefined && !SEARCHING.includes(action)) editor.searchEnd(true);
  run?.(editor);
  return run !== undefined;
}
