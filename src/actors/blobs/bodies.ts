/**
 * CBOR bodies between sessions, transfers and blobs: what a session asks of a transfer, what either asks of
 * blobs, and the answers. `f` is a file's number, `c` a connection's, `a` an account (16 bytes).
 */
import type { DownloadReply, FileAnswer, FileInfo, FileState, UploadReply } from '../../chat/operations.js';

/** i: the owner's id for it (16 bytes); o: owner's name; l: log; n: name; s: bytes; t: media type. The same (a, i) is the same file. */
export interface CreateFile {
  readonly a: Uint8Array;
  readonly i: Uint8Array;
  readonly o: string;
  readonly l: number;
  readonly n: string;
  readonly s: number;
  readonly t: string;
}

export interface ByFile {
  readonly f: number;
}

/** A file as blobs keeps it. w: created, ms since 1970; b: bytes held; h: hash of the whole; r: why it is gone. */
export interface FileRow extends CreateFile {
  readonly f: number;
  readonly st: FileState;
  readonly b: number;
  readonly w: number;
  readonly h?: Uint8Array;
  readonly r?: string;
}

export interface ByConnection {
  readonly f: number;
  readonly c: number;
}

export interface OpenUpload extends ByConnection {
  /** Said again by the file's transfer: the client asked for nothing. */
  readonly assured?: boolean;
}

/** u: the upload, else the download. */
export interface CloseFile extends ByConnection {
  readonly u: boolean;
}

export interface FinishFile {
  readonly f: number;
  readonly h: Uint8Array;
}

/** r: an ErrorCode. */
export interface RemoveFile {
  readonly f: number;
  readonly r: string;
}

export interface AnswerFile {
  readonly f: number;
  readonly a: Uint8Array;
  readonly s: FileAnswer;
}

/** b: below this number, newest first; 0 from the newest on. `a`: whose answers. */
export interface ListFiles {
  readonly l: number;
  readonly a: Uint8Array;
  readonly b: number;
}

/** l: logs of the conversations the account is in; g: above this number, oldest first; not its own, not answered. */
export interface ListOffers {
  readonly a: Uint8Array;
  readonly l: readonly number[];
  readonly g: number;
}

export interface FileList {
  readonly f: FileInfo[];
}

// ---- To a transfer: who asks stands in each, since rights are checked there ---------------------------------

export interface FileRequest {
  readonly c: number;
  readonly a: Uint8Array;
}

export interface FinishRequest extends FileRequest {
  readonly h: Uint8Array;
}

export interface CloseRequest extends FileRequest {
  readonly u: boolean;
}

/** n: their name. */
export interface AnswerRequest extends FileRequest {
  readonly n: string;
  readonly s: FileAnswer;
}

/** What the session tells its client, and where the file is. */
export interface UploadOpened extends UploadReply {
  readonly l: number;
}

export interface DownloadOpened extends DownloadReply {
  readonly l: number;
}
