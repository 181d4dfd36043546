/** A conversation to look at: every kind of line the screen knows, and scripts that are hard to lay out. */
const ANA = 'ana';

/** Who is in the lobby. */
export const PEOPLE = [
  [ANA, 'online'],
  ['bo', 'online'],
  ['dana', 'away'],
  ['Élise', 'online'],
  ['王小明', 'online'],
  ['noor', 'online'],
  ['mia', 'online'],
].map(([user, state]) => ({ user, state }));

export function playScene(emit, me, now) {
  const start = now() - 40 * 60_000;
  const state = (event) => emit({ event: 'link', state: event, lagMs: 0.42, sinceMs: 0, detail: '' });
  state('live');
  const rooms = [
    ['#lobby', 'lobby', 'Welcome - /help lists commands', 0, 0],
    ['#dev', 'room', 'The screen, and what stands on it', 12, 0],
    ['#ops', 'room', 'Pagers and coffee', 2, 2],
    ['#日本語', 'room', '', 0, 0],
    ['@bo', 'direct', '', 3, 0],
    ['@cyd', 'direct', '', 0, 0],
  ];
  for (const [room, kind, topic, unread, mentions] of rooms)
    emit({
      event: 'room',
      room: { room, kind, topic, head: 40, cursor: 40 - unread, unread, mentions, members: 9 },
    });
  const said = [
    [ANA, 'morning all', 'text', 0],
    ['bo', 'the spec is at https://example.org/spec, section 5 is the one that changed', 'text', 1],
    ['王小明', '你好！我刚刚读完了新的规范，写得很清楚 👍', 'text', 3],
    ['Élise', 'crème brûlée at four? 👨‍👩‍👧‍👦 are all invited', 'text', 4],
    ['noor', 'the café next door has them too ☕', 'text', 5],
    ['bo', 'waves at everyone', 'action', 7],
    [
      ANA,
      `${me}: can you have a look at the wrap code? A line that is much longer than the pane has to break between two words and keep its indent.`,
      'text',
      12,
    ],
    ['dana', 'coffee', 'sticker', 14],
  ];
  let seq = 32;
  for (const [from, text, kind, minute] of said) {
    seq++;
    const message = {
      room: '#lobby',
      seq,
      id: `m${seq}`,
      from,
      text,
      at: start + minute * 60_000,
      kind,
      mine: false,
      delivery: 'ok',
    };
    emit({ event: 'message', message, history: false });
  }
  for (const user of ['zoe', 'ivo', 'kim'])
    emit({ event: 'presence', user, state: 'online', room: '#lobby' });
  const own = [
    ['on it', 41, 'ok'],
    ['pushed 🎉', 0, 'sending'],
    ['hello?', 0, 'failed'],
  ];
  for (const [text, number, delivery] of own) {
    const message = {
      room: '#lobby',
      seq: number,
      id: `own-${text}`,
      from: me,
      text,
      at: now(),
      kind: 'text',
      mine: true,
      delivery,
    };
    emit({ event: 'message', message, history: false });
  }
  emit({ event: 'beginning', room: '#lobby' });
  emit({ event: 'typing', room: '#lobby', user: 'bo', on: true });
}
