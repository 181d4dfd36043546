/**
 * The largest sample of a sliding window in constant space: Kathleen Nichols' estimator, as in Linux
 * `lib/win_minmax.c`. It keeps the best, and the best of what came after it, twice.
 */
export class WindowedMax {
  readonly #length: number;
  readonly #values = [0, 0, 0];
  readonly #times = [0, 0, 0];

  /** `length` of the window in the unit of the times given to `add`. */
  constructor(length: number) {
    this.#length = length;
  }

  get value(): number {
    return this.#values[0] as number;
  }

  reset(value: number, time: number): void {
    this.#values.fill(value);
    this.#times.fill(time);
  }

  add(value: number, time: number): void {
    const values = this.#values;
    const times = this.#times;
    if (value >= (values[0] as number) || time - (times[2] as number) > this.#length) {
      this.reset(value, time);
      return;
    }
    if (value >= (values[1] as number)) this.#set(1, value, time);
    else if (value >= (values[2] as number)) this.#set(2, value, time);
    this.#age(value, time);
  }

  /** Puts a sample at `index` and everything after it. */
  #set(index: number, value: number, time: number): void {
    this.#values.fill(value, index);
    this.#times.fill(time, index);
  }

  #age(value: number, time: number): void {
    const values = this.#values;
    const times = this.#times;
    const age = time - (times[0] as number);
    if (age > this.#length) {
      // The best is too old: the others move up.
      this.#shift(value, time);
      if (time - (times[0] as number) > this.#length) this.#shift(value, time);
    } else if (times[1] === times[0] && age > this.#length / 4) {
      this.#set(1, value, time);
    } else if (times[2] === times[1] && age > this.#length / 2) {
      values[2] = value;
      times[2] = time;
    }
  }

  #shift(value: number, time: number): void {
    this.#values.copyWithin(0, 1);
    this.#times.copyWithin(0, 1);
    this.#values[2] = value;
    this.#times[2] = time;
  }
}
