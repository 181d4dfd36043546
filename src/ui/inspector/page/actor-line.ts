import type { ActorRow, ThreadRow } from '../../../actors/inspect/frames.js';
import type { ActorTree, Entry } from './actor-tree.js';
import { element, setAttribute, setText } from './dom.js';
import { countText, numberText, plain } from './text.js';

/** What a line of the tree says. */
interface Words {
  readonly name: string;
  readonly state: string;
  readonly mailbox: number;
  readonly restarts: number;
  /** Messages that reached nobody; counted for a whole thread only. */
  readonly letters?: number;
  /** Everything in one sentence, for those who listen. */
  readonly label: string;
  readonly trouble: boolean;
}

/** An empty line: sign, name, state, dead letters, mailbox, restarts. */
export function makeLine(): HTMLElement {
  const part = (name: string) => element('span', { class: name, 'aria-hidden': 'true' });
  return element(
    'div',
    { class: 'actor-line', role: 'treeitem' },
    part('sign'),
    part('name'),
    part('state'),
    part('letters'),
    part('mailbox'),
    part('restarts'),
  );
}

/** Has a line say what an entry is now. Touches only what is different. */
export function fillLine(line: HTMLElement, entry: Entry, tree: ActorTree, isChosen: boolean): void {
  const words = wordsOf(entry, tree);
  const [sign, name, state, letters, mailbox, restarts] = line.children;
  if (!sign || !name || !state || !letters || !mailbox || !restarts) return;
  const isOpen = tree.isOpen(entry);
  setText(sign, entry.type === 'actor' ? '' : isOpen ? '▾' : '▸');
  setText(name, words.name);
  setText(state, words.state);
  setText(letters, words.letters ? `✝${numberText(words.letters)}` : '');
  setText(mailbox, words.mailbox === 0 ? '' : numberText(words.mailbox));
  setText(restarts, words.restarts === 0 ? '' : `↻${numberText(words.restarts)}`);
  const level = entry.type === 'actor' ? entry.level : entry.type === 'group' ? 2 : 1;
  setAttribute(line, 'data-key', entry.key);
  setAttribute(line, 'data-type', entry.type);
  setAttribute(line, 'data-trouble', words.trouble ? '' : undefined);
  setAttribute(line, 'aria-level', String(level));
  setAttribute(line, 'aria-label', words.label);
  setAttribute(line, 'aria-expanded', entry.type === 'actor' ? undefined : String(isOpen));
  setAttribute(line, 'aria-selected', entry.type === 'actor' ? String(isChosen) : undefined);
  setAttribute(line, 'title', words.label);
}

function wordsOf(entry: Entry, tree: ActorTree): Words {
  if (entry.type === 'thread') return threadWords(entry.thread, tree.thread(entry.thread));
  if (entry.type === 'group') {
    const { kind, foundCount, size, mailbox, restarts } = entry.group;
    const name = `${plain(kind)} (${numberText(foundCount)})`;
    const of = foundCount === size ? '' : `of ${numberText(size)}`;
    const label = [`${plain(kind)}, ${countText(foundCount, 'actor')} ${of}`, figures(mailbox, restarts)];
    return { name, state: of, mailbox, restarts, label: label.join(''), trouble: false };
  }
  return actorWords(tree.row(entry.key));
}

function threadWords(name: string, row: ThreadRow | undefined): Words {
  const {
    up = true,
    generation = 0,
    actors = 0,
    mailbox = 0,
    deadLetters = 0,
    loopDelayP99Ms = 0,
  } = row ?? {};
  const state = up ? `${loopDelayP99Ms.toFixed(1)} ms` : 'down';
  const label = [
    `Thread ${plain(name)}${up ? '' : ', down'}: ${countText(actors, 'actor')}`,
    figures(mailbox, generation),
    deadLetters === 0 ? '' : `, ${countText(deadLetters, 'dead letter')}`,
    `, event loop delay ${loopDelayP99Ms.toFixed(1)} ms (99th percentile)`,
  ];
  return {
    ...{ name: plain(name), state, mailbox, restarts: generation, letters: deadLetters },
    ...{ label: label.join(''), trouble: !up },
  };
}

function actorWords(row: ActorRow | undefined): Words {
  if (row === undefined) return { name: '', state: '', mailbox: 0, restarts: 0, label: '', trouble: false };
  const { actor, state, life, mailbox, restarts } = row;
  const isLive = life === 'live';
  const shown = isLive ? plain(state) : life;
  const label = `${plain(actor)}${shown === '' ? '' : `, ${shown}`}${figures(mailbox, restarts)}`;
  return {
    name: plain(lastOf(actor)),
    state: shown,
    mailbox,
    restarts,
    label,
    trouble: !isLive && life !== 'stopping',
  };
}

/** `presence/2` of `presence/0/presence/2`: a part stands below whom it is part of, and its line is short. */
function lastOf(actor: string): string {
  return actor.split('/').slice(-2).join('/');
}

function figures(mailbox: number, restarts: number): string {
  const unread = mailbox === 0 ? '' : `, ${numberText(mailbox)} unread`;
  return `${unread}${restarts === 0 ? '' : `, ${countText(restarts, 'restart')}`}`;
}
