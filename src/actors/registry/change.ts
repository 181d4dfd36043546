/** Every change of the registry; each is one journal record. Applied in journal order they rebuild the state. */
export type Change =
  | { readonly t: 'lobby'; readonly id: Buffer }
  | {
      readonly t: 'account';
      readonly id: Buffer;
      readonly name: string;
      readonly key: string;
      readonly skeleton: string;
      readonly record: string;
    }
  | {
      readonly t: 'device';
      readonly account: Buffer;
      readonly key: Buffer;
      readonly label: string;
      readonly kept: boolean;
      readonly at: number;
    }
  | { readonly t: 'deviceGone'; readonly account: Buffer; readonly key: Buffer }
  | {
      readonly t: 'password';
      readonly account: Buffer;
      readonly record: string;
      /** All devices but this one are forgotten; empty: none is. */
      readonly spare: Buffer;
    }
  | {
      readonly t: 'room';
      readonly log: number;
      readonly id: Buffer;
      readonly name: string;
      readonly key: string;
      readonly skeleton: string;
    }
  | {
      readonly t: 'direct';
      readonly log: number;
      readonly id: Buffer;
      readonly a: Buffer;
      readonly b: Buffer;
    }
  | { readonly t: 'member'; readonly log: number; readonly account: Buffer }
  | {
      readonly t: 'memberGone';
      readonly log: number;
      readonly account: Buffer;
      /** Out of a geo group, by themselves. */
      readonly declined?: boolean;
    }
  | {
      readonly t: 'interest';
      readonly log: number;
      readonly id: Buffer;
      readonly tag: string;
      readonly founder: Buffer;
    }
  | {
      readonly t: 'geo';
      readonly log: number;
      readonly id: Buffer;
      readonly founder: Buffer;
      readonly cell: string;
      readonly km: number;
    }
  /** A geo group is no more. Its number is not given again. */
  | { readonly t: 'dismantled'; readonly log: number }
  /** In a snapshot: this number and those below were given. */
  | { readonly t: 'lastLog'; readonly log: number }
  | { readonly t: 'topic'; readonly log: number; readonly topic: string };
