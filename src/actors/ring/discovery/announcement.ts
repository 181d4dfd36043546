/**
 * What peers of one community say of themselves on a local network (RFC 6763 over RFC 6762):
 *
 *     _natter._udp.local            PTR   INSTANCE._natter._udp.local
 *     INSTANCE._natter._udp.local   SRV   port, INSTANCE.local
 *     INSTANCE._natter._udp.local   TXT   c=TAG p=PORT
 *     INSTANCE.local                A     its address on this network
 */
import type { Answer, Question, TxtData } from 'dns-packet';

export const SERVICE = '_natter._udp.local';
/** RFC 6762 section 10: records with a host's name in them live 120 s. */
const TTL_S = 120;
/** Of one packet; an honest one has a handful. */
const ANSWERS_MAX = 64;
/** The types' list leaves out ANY, which is asked for but never answered. */
const ASKED: ReadonlySet<string> = new Set(['PTR', 'ANY']);
const PORT_MAX = 65_535;

export interface Announcement {
  /** Drawn anew at each start: by it a peer knows its own words. */
  readonly instance: string;
  /** The community's, as `lanTagOf` gives it. */
  readonly tag: string;
  readonly port: number;
}

/** @param address of the interface they leave by @param isLeaving the last words: they end what was said before */
export function answersOf(
  { instance, tag, port }: Announcement,
  address: string,
  isLeaving: boolean,
): Answer[] {
  const ttl = isLeaving ? 0 : TTL_S;
  const name = `${instance}.${SERVICE}`;
  const target = `${instance}.local`;
  return [
    { name: SERVICE, type: 'PTR', ttl, data: name },
    { name, type: 'SRV', ttl, data: { port, target } },
    { name, type: 'TXT', ttl, data: [`c=${tag}`, `p=${port}`] },
    { name: target, type: 'A', ttl, data: address },
  ];
}

/** Whether somebody asks for peers. */
export function asksForPeers(questions: readonly Question[] | undefined): boolean {
  return (questions ?? []).some(({ name, type }) => name.toLowerCase() === SERVICE && ASKED.has(type));
}

/** Ports of others of the same community that these answers name. Where they are, the packet's source says. */
export function portsIn(answers: readonly Answer[] | undefined, own: Announcement): number[] {
  const ports: number[] = [];
  for (const answer of (answers ?? []).slice(0, ANSWERS_MAX)) {
    if (answer.type !== 'TXT' || answer.ttl === 0) continue;
    const name = answer.name.toLowerCase();
    if (!name.endsWith(`.${SERVICE}`) || name === `${own.instance}.${SERVICE}`) continue;
    const fields = textsOf(answer.data);
    const port = Number(fieldOf(fields, 'p'));
    if (fieldOf(fields, 'c') === own.tag && Number.isInteger(port) && port > 0 && port <= PORT_MAX)
      ports.push(port);
  }
  return ports;
}

function textsOf(data: TxtData): string[] {
  const strings = Array.isArray(data) ? data : [data];
  return strings.slice(0, ANSWERS_MAX).map((text) => text.toString());
}

function fieldOf(fields: readonly string[], key: string): string | undefined {
  return fields.find((field) => field.startsWith(`${key}=`))?.slice(key.length + 1);
}
