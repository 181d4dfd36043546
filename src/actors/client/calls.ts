import type * as v from 'valibot';
import { ErrorCode, NatterError } from '../../chat/error.js';
import type { Operation } from '../../chat/operations.js';
import { Refusal } from '../../chat/schemas.js';
import { decodeBody, encodeBody } from '../../chat/wire.js';
import { FrameType } from '../../net/constants.js';
import { type Reply, ReplyStatus, requestCodec } from '../../net/talk.js';
import { Lane } from '../../net/types.js';
import { REQUEST_DEADLINE_MS, Requests } from './requests.js';

/** REQUESTs and their REPLYs: a question in CBOR, an answer that fits a schema. */
export class Calls extends Requests<Uint8Array> {
  /**
   * @returns what was answered
   * @throws NatterError what the server refused with, NO_ANSWER after 20 s, PROTOCOL for an answer that does not fit
   */
  call<S extends v.GenericSchema>(operation: Operation, body: object, schema: S): Promise<v.InferOutput<S>> {
    const bytes = encodeBody(body);
    return new Promise((resolve, reject) => {
      this.open({
        type: FrameType.Request,
        lane: Lane.Control,
        deadlineMs: REQUEST_DEADLINE_MS,
        encode: (writer, request) => requestCodec.encode(writer, { request, operation, body: bytes }),
        answered: (answer) => {
          try {
            resolve(decodeBody(schema, answer));
          } catch (error) {
            reject(error);
          }
        },
        failed: reject,
      });
    });
  }

  /** Takes in a REPLY to one of these. */
  reply(reply: Reply): void {
    if (reply.status === ReplyStatus.Done) this.answer(reply.request, reply.body);
    else this.refuse(reply.request, refusalError(reply.body));
  }
}

const CODES: ReadonlySet<string> = new Set(ErrorCode);

/** The error that a Refusal stands for. A code of a newer server becomes INTERNAL; its sentence stays. */
export function refusalError(body: Uint8Array): NatterError {
  const { c, m, d } = decodeBody(Refusal, body);
  return new NatterError(isCode(c) ? c : 'INTERNAL', m, d ?? {});
}

function isCode(code: string): code is ErrorCode {
  return CODES.has(code);
}
