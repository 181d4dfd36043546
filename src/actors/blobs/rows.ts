/** A stored file as other actors see it. */
import { FileAnswer, type FileInfo, FileState } from '../../chat/operations.js';
import type { NewFile, StoredFile } from '../../store/files/file-row.js';
import type { CreateFile, FileRow } from './bodies.js';

/** What is known of a file beyond its row. */
export interface FileNow {
  readonly state: FileState;
  /** Bytes verified. */
  readonly held: number;
}

export function newFileOf({ a, i, o, l, n, s, t }: CreateFile): NewFile {
  return { account: Buffer.from(a), id: Buffer.from(i), owner: o, log: l, name: n, size: s, type: t };
}

export function rowOf(file: StoredFile, { state, held }: FileNow): FileRow {
  const { number, account, id, owner, log, name, size, type, created, hash, reason } = file;
  return {
    f: number,
    a: account,
    i: id,
    o: owner,
    l: log,
    n: name,
    s: size,
    t: type,
    st: state,
    b: held,
    w: created,
    ...(hash.length > 0 && { h: hash }),
    ...(reason !== '' && { r: reason }),
  };
}

export function infoOf(file: StoredFile, { state, held }: FileNow, answer: number): FileInfo {
  const { number, id, owner, log, name, size, type, created, hash } = file;
  return {
    f: number,
    i: id,
    l: log,
    o: owner,
    n: name,
    s: size,
    t: type,
    st: state,
    b: held,
    w: created,
    a: answerOf(answer),
    ...(state === FileState.Held && { h: hash }),
  };
}

function answerOf(answer: number): FileAnswer {
  return Object.values(FileAnswer).find((known) => known === answer) ?? FileAnswer.None;
}
