import * as v from 'valibot';
import { Operation } from '../../../chat/operations.js';
import type { Calls } from '../../client/files/around.js';
import { unknownOperation, unreached } from './failures.js';
import type { Partner } from './partner.js';

/** What a client would ask its server about files: asked of whoever is at the other end of each. */
export class RingCalls implements Calls {
  readonly #partnerFor: (number: number) => Partner | undefined;

  /** @param partnerFor who is at the other end of the file with that number, if linked */
  constructor(partnerFor: (number: number) => Partner | undefined) {
    this.#partnerFor = partnerFor;
  }

  async call<S extends v.GenericSchema>(
    operation: Operation,
    body: object,
    schema: S,
  ): Promise<v.InferOutput<S>> {
    switch (operation) {
      case Operation.Offers:
        // Offers come as messages: nobody keeps a list of them.
        return v.parse(schema, { f: [] });
      case Operation.Withdraw:
        // It lies here alone, so it is gone by having ended.
        return v.parse(schema, {});
      case Operation.Download:
      case Operation.FileClose:
      case Operation.Answer: {
        const number = 'f' in body && typeof body.f === 'number' ? body.f : 0;
        const partner = this.#partnerFor(number);
        if (partner === undefined) throw unreached();
        return partner.calls.call(operation, body, schema);
      }
      default:
        throw unknownOperation();
    }
  }
}
