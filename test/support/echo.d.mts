import type { Start } from '../../src/actors/runtime/host.js';

export declare const Do: Readonly<
  Record<
    | 'echo'
    | 'fail'
    | 'count'
    | 'block'
    | 'hold'
    | 'refuse'
    | 'stop'
    | 'relay'
    | 'watch'
    | 'watchThreads'
    | 'careless'
    | 'forward',
    number
  >
>;
export declare const start: Start;
