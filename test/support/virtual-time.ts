import { ManualClock } from '../../src/actors/runtime/clock.js';

/** A clock that is moved by hand, for code that waits for promises as well as for timers. */
export class VirtualTime extends ManualClock {
  constructor() {
    super(1_000);
  }

  /** Lets this much time go by; promises run between the timers. */
  async pass(ms: number): Promise<void> {
    const end = this.now() + ms;
    await settled();
    while (this.step(end)) await settled();
  }

  /** Lets time go by until this holds. @throws when it does not within `ms` */
  async until(holds: () => boolean, ms = 60_000): Promise<void> {
    const end = this.now() + ms;
    await settled();
    while (!holds()) {
      if (!this.step(end)) throw new Error(`it did not happen within ${ms} ms: ${holds}`);
      await settled();
    }
  }

  /** The promise's result, after as much time as it takes. */
  async resolve<T>(promise: Promise<T>, ms = 60_000): Promise<T> {
    let done = false;
    const settle = () => {
      done = true;
    };
    promise.then(settle, settle);
    await this.until(() => done, ms);
    return promise;
  }
}

/** Every promise that could run has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
