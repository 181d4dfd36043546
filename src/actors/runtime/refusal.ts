import { ErrorCode, NatterError } from '../../chat/error.js';

const TEXT_MAX = 1024;

/** An error as the body of a refusal: JSON of code, message and details. A foreign error becomes INTERNAL. */
export function encodeRefusal(error: Error): Buffer {
  const code = error instanceof NatterError ? error.code : 'INTERNAL';
  const details = error instanceof NatterError ? error.details : {};
  return Buffer.from(JSON.stringify({ code, message: error.message.slice(0, TEXT_MAX), details }));
}

/** The error a refusal carries. */
export function decodeRefusal(body: Buffer): NatterError {
  const { code, message, details } = JSON.parse(body.toString()) as {
    code: string;
    message: string;
    details: Record<string, string | number>;
  };
  const known = ErrorCode.find((each) => each === code) ?? 'INTERNAL';
  return new NatterError(known, message, details);
}

export function mailboxFull(): NatterError {
  return new NatterError('MAILBOX_FULL', 'The server is overloaded; try again in a moment.');
}

export function actorDied(): NatterError {
  return new NatterError('ACTOR_DIED', 'The part of the server that worked on this has failed; try again.');
}

export function deadlinePassed(deadlineMs: number): NatterError {
  return new NatterError('DEADLINE', `No answer came within ${deadlineMs} ms; try again.`);
}

export function stopped(): NatterError {
  return new NatterError('STOPPED', 'This program is stopping; start it again to go on.');
}
