/** The part of noise-handshake that natter uses, with the state that a failed message must not spoil. */
declare module 'noise-handshake' {
  interface NoiseKeyPair {
    readonly publicKey: Buffer;
    readonly secretKey: Buffer;
  }
  class Noise {
    constructor(
      pattern: 'XX' | 'IK' | 'XXpsk0',
      initiator: boolean,
      staticKeyPair: NoiseKeyPair,
      options?: { readonly psk?: Uint8Array },
    );
    /** Ours for this handshake; generated at the first `send` unless set. */
    e: NoiseKeyPair | null;
    /** The peer's ephemeral and static public keys, once known. */
    re: Buffer | null;
    rs: Buffer | null;
    digest: Buffer;
    chainingKey: Buffer;
    key: Buffer | null;
    nonce: number;
    handshake: unknown[];
    curve: unknown;
    readonly complete: boolean;
    readonly tx: Buffer;
    readonly rx: Buffer;
    readonly hash: Buffer;
    initialise(prologue: Uint8Array, remoteStatic?: Uint8Array): void;
    send(payload?: Uint8Array): Buffer;
    recv(message: Uint8Array): Buffer;
  }
  export default Noise;
}
