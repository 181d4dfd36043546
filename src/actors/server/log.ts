import { writeSync } from 'node:fs';
import pino, { type Logger } from 'pino';

/** `json`: pino's lines for programs; `pretty`: one short line for people. Both on standard error. */
export type LogStyle = 'json' | 'pretty' | 'silent';

const STDERR = 2;
/** Of no use in a line that a person reads. */
const LEFT_OUT = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err', 'stack']);

/** Standard output is for results only. Written at once, so that the last words of a process are not lost. */
export function makeLog(style: LogStyle): Logger {
  if (style === 'silent') return pino({ level: 'silent' });
  if (style === 'json') return pino(pino.destination({ fd: STDERR, sync: true }));
  return pino({}, { write: (line) => void writeSync(STDERR, prettyLine(line)) });
}

/** `12:00:00 warn a thread was restarted (thread io, generation 1)` */
export function prettyLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const time = new Date(Number(line.time)).toISOString().slice(11, 19);
  const facts = Object.entries(line)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name} ${String(value)}`);
  const error = line.err as { readonly message?: string } | undefined;
  if (error?.message) facts.push(error.message);
  const behind = facts.length > 0 ? ` (${facts.join(', ')})` : '';
  return `${time} ${pino.levels.labels[Number(line.level)] ?? ''} ${String(line.msg)}${behind}\n`;
}
