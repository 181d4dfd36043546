import type { IncomingMessage } from 'node:http';

/** Of a request. */
const BODY_BYTES_MAX = 4_096;

/** More than that was sent. */
export const TOO_LARGE = Symbol('too large');

/** A request's body as text, or TOO_LARGE as soon as it is. Rejects when the connection breaks off. */
export async function readBody(request: IncomingMessage): Promise<string | typeof TOO_LARGE> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return TOO_LARGE;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return TOO_LARGE;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
