import { type FileAnswer, FileState, Operation } from '../../../chat/operations.js';
import { AnswerBody, FileBody, FileCloseBody } from '../../../chat/schemas.js';
import { decodeBody } from '../../../chat/wire.js';
import { Buckets } from '../../../net/bucket.js';
import type { PeerId } from '../../../net/ring/types.js';
import { tooFast, unknownOperation } from './failures.js';
import type { Offering } from './offering.js';
import type { Partner } from './partner.js';

/** Requests of one peer. */
const REQUESTS = { perS: 20, burst: 200 };

export interface DeskOptions {
  /** Of the files that are offered from here. */
  find(number: number): Offering | undefined;
  /** Is it the one whom that file is offered to alone? */
  isAddressee(number: number, peer: PeerId): boolean;
  answered(number: number, peer: PeerId, answer: FileAnswer): void;
}

/** Answers what others ask about files that are offered from here. Each request may come again. */
export class Desk {
  readonly #options: DeskOptions;
  readonly #asking = new Buckets(REQUESTS.perS, REQUESTS.burst);

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** @returns what is answered @throws NatterError what is refused */
  answer(partner: Partner, operation: number, body: Uint8Array, now: number): object {
    if (this.#asking.take(partner.id, now) > 0) throw tooFast();
    switch (operation) {
      case Operation.Download: {
        const { f } = decodeBody(FileBody, body);
        return this.#options.find(f)?.admit(partner) ?? { s: FileState.Gone, z: 0 };
      }
      case Operation.FileClose: {
        const { f } = decodeBody(FileCloseBody, body);
        this.#options.find(f)?.dismiss(partner.id);
        return {};
      }
      case Operation.Answer: {
        const { f, s } = decodeBody(AnswerBody, body);
        if (!this.#options.isAddressee(f, partner.id)) return {};
        this.#options.answered(f, partner.id, s);
        this.#options.find(f)?.answered(s);
        return {};
      }
      default:
        throw unknownOperation();
    }
  }
}
