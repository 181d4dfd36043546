/**
 * What the threads of several systems are called where they are seen together: as their system calls them, and where
 * another has that name already, with a number (`client#2`). A thread keeps its name until its system is let go.
 */
export class ThreadNames<TSystem> {
  /** By the name that is shown, which has no blank in it, as no thread's has: a key is `thread actor`. */
  readonly #threads = new Map<string, { readonly system: TSystem; readonly name: string }>();

  /** How a thread of this system is shown. @param name as its system has it */
  shown(system: TSystem, name: string): { readonly name: string; readonly isNew: boolean } {
    for (const [shown, thread] of this.#threads)
      if (thread.system === system && thread.name === name) return { name: shown, isNew: false };
    let shown = name;
    for (let count = 2; this.#threads.has(shown); count++) shown = `${name}#${count}`;
    this.#threads.set(shown, { system, name });
    return { name: shown, isNew: true };
  }

  /** What this system calls the thread that is shown so; undefined where that is another's. Nobody's may become its. */
  own(system: TSystem, shown: string): string | undefined {
    const thread = this.#threads.get(shown);
    if (thread === undefined) return shown;
    return thread.system === system ? thread.name : undefined;
  }

  /** The system is let go. @returns how its threads were shown */
  release(system: TSystem): string[] {
    const names = [...this.#threads].filter(([, thread]) => thread.system === system).map(([shown]) => shown);
    for (const name of names) this.#threads.delete(name);
    return names;
  }
}
