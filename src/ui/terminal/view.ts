/** Draws the dashboard: what the model and the input line hold, at the places layout.ts gives. */

import type { Blocks } from './bar.js';
import type { Surface } from './cells.js';
import { type ChatContext, ChatSource } from './chat.js';
import type { Completer } from './completer.js';
import type { Conversation } from './conversation.js';
import type { Editor } from './editor.js';
import { hidden } from './form.js';
import { helpRows } from './help.js';
import type { InvitePanel } from './invite-panel.js';
import { inputRowsMax, type Layout, layOut, type Panels } from './layout.js';
import type { MachineDesk } from './machine-desk.js';
import { memberRows } from './members.js';
import type { Model } from './model.js';
import type { Pane, Row } from './pane.js';
import type { Panel } from './panel.js';
import type { ColourDepth } from './picture.js';
import type { Previews } from './previews.js';
import { offerBar, progressRow } from './progress.js';
import { layOutPrompt } from './prompt.js';
import type { Question } from './question.js';
import type { RingPanel } from './ring-panel.js';
import { roomRows } from './rooms.js';
import type { Cursor } from './screen.js';
import { hintRow, statusRow, titleRow, typingText } from './status.js';
import type { Theme } from './theme.js';
import type { Item } from './timeline.js';
import { graphemes, pad, textWidth, truncate } from './width.js';

/** The characters of rules: drawn ones, or such as every character set has. */
export interface Glyphs {
  readonly bar: string;
  readonly dash: string;
  /** Of a drawn line that nothing stands on. */
  readonly dot: string;
  /** What a bar of progress is made of. */
  readonly blocks: Blocks;
}

/** Everything one frame shows. */
export interface Scene {
  readonly model: Model;
  readonly pane: Pane<Item>;
  readonly editor: Editor;
  readonly completer: Completer;
  readonly question: Question | undefined;
  readonly panels: Panels;
  readonly files: Panel;
  readonly ring: RingPanel;
  readonly machines: Pick<MachineDesk, 'panel' | 'sight'>;
  readonly invite: InvitePanel;
  readonly previews: Previews;
  readonly isHelpShown: boolean;
  readonly isMouseOn: boolean;
  /** Stands in the row under the conversation, before everything else. */
  readonly hint: string;
  /** ms since 1970. */
  readonly now: number;
  readonly theme: Theme;
  readonly glyphs: Glyphs;
  readonly depth: ColourDepth;
}

/** The input line of a scene at a width: its prompt and its rows. */
function inputOf(scene: Scene, width: number, height: number) {
  const { question, editor, model } = scene;
  const prompt =
    question !== undefined
      ? ` ${question.text} `
      : editor.searching !== undefined
        ? ` (search '${editor.searching}') `
        : ` ${model.me} > `;
  const shown = truncate(prompt, Math.floor(width / 2));
  const source =
    question === undefined ? editor : question.isSecret ? hidden(question.editor) : question.editor;
  return { prompt: shown, lines: layOutPrompt(source, width - textWidth(shown), inputRowsMax(height)) };
}

export function layoutOf(scene: Scene, width: number, height: number): Layout {
  const inputRows = inputOf(scene, width, height).lines.rows.length;
  return layOut(width, height, scene.panels, inputRows, barRows(scene, width).length);
}

/** What stands above the status bar. */
function barRows({ model, glyphs, theme }: Scene, width: number): Row[] {
  const { transfers } = model;
  const rows = [offerBar(transfers, width, theme), progressRow(transfers, width, glyphs.blocks, theme)];
  return rows.filter((row) => row !== undefined);
}

export function sourceOf(
  scene: Pick<Scene, 'theme' | 'glyphs' | 'depth' | 'model'>,
  conversation: Conversation,
): ChatSource {
  const context: ChatContext = {
    theme: scene.theme,
    firstNew:
      conversation.newAfter === undefined ? undefined : conversation.timeline.after(conversation.newAfter),
    dash: scene.glyphs.dash,
    transfers: scene.model.transfers,
    depth: scene.depth,
  };
  return new ChatSource(conversation.timeline.items, context);
}

/** @returns where the cursor is, and whether the first message of the conversation is in sight */
export function drawScene(scene: Scene, surface: Surface): { cursor: Cursor; isAtTop: boolean } {
  const { width, height } = surface;
  const { model, theme } = scene;
  const layout = layoutOf(scene, width, height);
  const conversation = model.current;
  surface.rows(layout.title, [titleRow(model, conversation, layout.title.width, theme)]);
  drawPanels(scene, surface, layout);
  const isAtTop = conversation !== undefined && drawChat(scene, surface, layout, conversation);
  surface.rows(layout.bars, barRows(scene, width));
  surface.rows(layout.status, [statusRow(model, scene.now, layout.status.width, scene.isMouseOn, theme)]);
  const cursor = drawInput(scene, surface, layout);
  if (layout.hints !== undefined) surface.rows(layout.hints, [hintRow(layout.hints.width, theme)]);
  if (scene.files.isShown) drawFiles(scene, surface, layout);
  if (scene.ring.isShown) drawRingView(scene, surface, layout);
  if (scene.machines.panel.isShown) drawMachines(scene, surface, layout);
  if (scene.invite.isShown) drawInvite(scene, surface, layout);
  if (scene.isHelpShown) drawHelp(surface, layout, theme);
  return { cursor, isAtTop };
}

function drawPanels(scene: Scene, surface: Surface, layout: Layout): void {
  const { model, theme, glyphs } = scene;
  if (layout.rooms !== undefined) {
    const { width, height, y } = layout.rooms;
    surface.rows(layout.rooms, roomRows(model, width, height, theme));
    surface.rule(width, y, height, glyphs.bar, theme.border);
  }
  if (layout.members !== undefined && model.current !== undefined) {
    const { x, y, width, height } = layout.members;
    surface.rows(layout.members, memberRows(model, model.current, width, height, theme));
    surface.rule(x - 1, y, height, glyphs.bar, theme.border);
  }
}

function drawChat(scene: Scene, surface: Surface, layout: Layout, conversation: Conversation): boolean {
  const { chat, typing } = layout;
  const view = scene.pane.view(sourceOf(scene, conversation), chat.width, chat.height);
  surface.rows(chat, view.rows);
  surface.rows(typing, [underRow(scene, conversation, view.below, typing.width)]);
  return view.isAtTop;
}

/** The row under the conversation: a hint, offers of Tab, who is typing; at its right what is below. */
function underRow(scene: Scene, conversation: Conversation, below: number, width: number): Row {
  const { theme, completer } = scene;
  const newer = below > 0 ? `v ${below} newer (Alt+End) ` : '';
  const room = Math.max(0, width - textWidth(newer));
  const { offers } = completer;
  let left: Row;
  if (scene.hint !== '') left = [{ text: truncate(` ${scene.hint}`, room), look: theme.warning }];
  else if (offers !== undefined) left = offerRow(offers.labels, offers.index, room, theme);
  else {
    const text = typingText(scene.model.typing(conversation, scene.now));
    left = [{ text: truncate(` ${text}`, room), look: theme.dim }];
  }
  const used = left.reduce((cells, span) => cells + textWidth(span.text), 0);
  return [
    ...left,
    { text: ' '.repeat(Math.max(0, room - used)), look: theme.plain },
    { text: newer, look: theme.fresh },
  ];
}

/** The offers from the chosen one on, as many as fit; the chosen one stands in brackets. */
function offerRow(labels: readonly string[], chosen: number, width: number, theme: Theme): Row {
  const row: { text: string; look: number }[] = [];
  let used = 0;
  for (let step = 0; step < labels.length; step++) {
    const label = labels[(chosen + step) % labels.length] ?? '';
    const text = step === 0 ? ` [${label}]` : `  ${label}`;
    if (used + textWidth(text) > width) break;
    used += textWidth(text);
    row.push({ text, look: step === 0 ? theme.bold : theme.dim });
  }
  return row;
}

function drawInput(scene: Scene, surface: Surface, layout: Layout): Cursor {
  const { theme } = scene;
  const { input } = layout;
  const { prompt, lines } = inputOf(scene, surface.width, surface.height);
  const indent = textWidth(prompt);
  lines.rows.forEach((text, index) => {
    if (index === 0) surface.text(input.x, input.y, prompt, theme.prompt);
    surface.text(input.x + indent, input.y + index, text, theme.plain);
  });
  return { x: indent + lines.x, y: input.y + lines.y };
}

/** The panel stands over the conversation and its columns. */
function drawFiles(scene: Scene, surface: Surface, layout: Layout): void {
  const { files, previews, theme, glyphs, depth, hint } = scene;
  const { chosen, isDetail } = files;
  const area = { x: 0, y: 1, width: surface.width, height: layout.bars.y - 1 };
  surface.fill(area, theme.plain);
  const preview =
    isDetail && chosen !== undefined ? previews.rows(chosen, area.width - 2, area.height, depth, theme) : [];
  surface.rows(area, files.rows(area.width, area.height, { theme, blocks: glyphs.blocks }, preview));
  // The question of a key pressed here.
  const under = { ...area, y: layout.bars.y - 1, height: 1 };
  if (hint !== '') surface.rows(under, [[{ text: pad(` ${hint}`, area.width), look: theme.warning }]]);
}

function drawRingView({ ring, model, theme, glyphs }: Scene, surface: Surface, layout: Layout): void {
  const area = { x: 0, y: 1, width: surface.width, height: layout.bars.y - 1 };
  surface.fill(area, theme.plain);
  surface.rows(area, ring.rows(area.width, area.height, model.surroundings.ring, { theme, dot: glyphs.dot }));
}

function drawMachines({ machines, theme }: Scene, surface: Surface, layout: Layout): void {
  const area = { x: 0, y: 1, width: surface.width, height: layout.bars.y - 1 };
  surface.fill(area, theme.plain);
  surface.rows(area, machines.panel.rows(area.width, area.height, machines.sight, theme));
}

function drawInvite({ invite, theme }: Scene, surface: Surface, layout: Layout): void {
  const area = { x: 0, y: 1, width: surface.width, height: layout.bars.y - 1 };
  surface.fill(area, theme.plain);
  surface.rows(area, invite.rows(area.width, area.height, theme));
}

function drawHelp(surface: Surface, layout: Layout, theme: Theme): void {
  const height = layout.status.y - 1;
  const rows = helpRows(surface.width, height, theme);
  const width = (rows[0] ?? []).reduce((cells, span) => cells + graphemes(span.text).length, 0);
  const area = {
    x: Math.floor((surface.width - width) / 2),
    y: 1 + Math.max(0, Math.floor((height - rows.length) / 2)),
    width,
    height: rows.length,
  };
  surface.fill({ x: 0, y: 1, width: surface.width, height }, theme.plain);
  surface.rows(area, rows);
}
