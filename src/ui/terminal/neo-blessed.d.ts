/** What we use of neo-blessed, which has no types of its own. */
declare module 'neo-blessed' {
  import type { EventEmitter } from 'node:events';

  interface Program extends EventEmitter {
    cursorHidden: boolean;
    _write(text: string): void;
    flush(): void;
  }

  interface BlessedScreen extends EventEmitter {
    readonly program: Program;
    readonly tput: { brokenACS: boolean };
    readonly cols: number;
    readonly rows: number;
    /** Rows to be shown: [look, characters] per column, and whether they are to be compared at all. */
    readonly lines: ([number, string][] & { dirty?: boolean })[];
    /** Rows as they were written last. */
    readonly olines: ([number, string][] & { dirty?: boolean })[];
    /** Writes the dirty rows' cells that differ. */
    draw(firstRow: number, lastRow: number): void;
    /** Clears the terminal and forgets what was written. */
    realloc(): void;
    enter(): void;
    leave(): void;
    destroy(): void;
  }

  const blessed: {
    screen(options: {
      readonly input: NodeJS.ReadableStream;
      readonly output: NodeJS.WritableStream;
      readonly terminal: string;
      readonly forceUnicode: boolean;
      readonly fullUnicode: boolean;
      readonly warnings: boolean;
      readonly resizeTimeout?: number;
    }): BlessedScreen;
  };
  export default blessed;
}
