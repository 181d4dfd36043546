import { cheapOpaque } from '../support/chat-server.js';

type Tasks = typeof cheapOpaque;
type Task = keyof Tasks;

interface Waiting {
  readonly task: Task;
  readonly resolve: (output: never) => void;
  readonly reject: (error: Error) => void;
}

/** OPAQUE whose steps end when the test says so, as with a pool that is busy. */
export class SlowPool {
  /** What was asked of it, in order. */
  readonly asked: Task[] = [];
  #isSlow = false;
  #waiting: Waiting | undefined;

  readonly tasks: Tasks = {
    serverRegistration: (input) =>
      this.#run('serverRegistration', () => cheapOpaque.serverRegistration(input)),
    serverLoginStart: (input) => this.#run('serverLoginStart', () => cheapOpaque.serverLoginStart(input)),
    serverLoginFinish: (input) => this.#run('serverLoginFinish', () => cheapOpaque.serverLoginFinish(input)),
  };

  /** From now on each step waits. */
  slow(): void {
    this.#isSlow = true;
  }

  /** The step that waits ends with this. */
  answer(output: unknown): void {
    this.#waiting?.resolve(output as never);
    this.#waiting = undefined;
  }

  fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #run<T>(task: Task, run: () => Promise<T>): Promise<T> {
    this.asked.push(task);
    if (!this.#isSlow) return run();
    return new Promise<T>((resolve, reject) => {
      this.#waiting = { task, resolve, reject };
    });
  }
}
