/**
 * The initiator's half of Noise XX, IK and XXpsk0 (revision 34) with X25519, ChaChaPoly and BLAKE2b, out of node:crypto;
 * sodium-native only for keyed BLAKE2b, which node:crypto lacks.
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  randomBytes,
} from 'node:crypto';
import sodium from 'sodium-native';

const PROLOGUE = Buffer.from('natter/1', 'ascii');
const TAG = 16;
const AEAD = 'chacha20-poly1305';
/** DER in front of a raw X25519 key (RFC 8410). */
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex');

const blake2b512 = (...parts) => createHash('blake2b512').update(Buffer.concat(parts)).digest();
const hmac = (key, ...parts) => createHmac('blake2b512', key).update(Buffer.concat(parts)).digest();

/** BLAKE2b of `length` bytes, keyed when there is a key. */
export function blake2b(length, content, key = null) {
  const out = Buffer.alloc(length);
  if (key) sodium.crypto_generichash(out, content, key);
  else sodium.crypto_generichash(out, content);
  return out;
}

/** ChaCha20-Poly1305 of RFC 8439; the tag stands behind the ciphertext. */
export function seal(key, nonce, additional, plaintext) {
  const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: TAG });
  cipher.setAAD(additional, { plaintextLength: plaintext.length });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext, or undefined when it is not authentic. */
export function open(key, nonce, additional, ciphertext) {
  if (ciphertext.length < TAG) return undefined;
  const decipher = createDecipheriv(AEAD, key, nonce, { authTagLength: TAG });
  decipher.setAAD(additional, { plaintextLength: ciphertext.length - TAG });
  decipher.setAuthTag(ciphertext.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}

const privateKey = (secret) =>
  createPrivateKey({ key: Buffer.concat([PRIVATE_DER, secret]), format: 'der', type: 'pkcs8' });

/** An X25519 key pair, of a secret key given or a random one. */
export function keyPair(secret = randomBytes(32)) {
  const spki = createPublicKey(privateKey(secret)).export({ format: 'der', type: 'spki' });
  return { publicKey: Buffer.from(spki.subarray(-32)), secret };
}

/** Throws when the shared secret would be zeros. */
function dh(secret, raw) {
  const publicKey = createPublicKey({ key: Buffer.concat([PUBLIC_DER, raw]), format: 'der', type: 'spki' });
  return diffieHellman({ privateKey: privateKey(secret), publicKey });
}

/** The symmetric state of Noise section 5.2. */
class Symmetric {
  constructor(name, prologue) {
    this.hash = Buffer.alloc(64);
    this.hash.write(name, 'ascii');
    this.chain = this.hash;
    this.key = undefined;
    this.mixHash(prologue);
  }

  mixHash(content) {
    this.hash = blake2b512(this.hash, content);
  }

  mixKey(secret) {
    const [chain, key] = this.expand(secret);
    this.chain = chain;
    this.key = key.subarray(0, 32);
    this.counter = 0;
  }

  /** Section 9: a pre-shared key. */
  mixKeyAndHash(secret) {
    const [chain, content, key] = this.expand(secret);
    this.chain = chain;
    this.mixHash(content);
    this.key = key.subarray(0, 32);
    this.counter = 0;
  }

  encrypt(plaintext) {
    const out = this.key ? seal(this.key, this.nonce(), this.hash, plaintext) : plaintext;
    this.mixHash(out);
    return out;
  }

  decrypt(ciphertext) {
    const out = this.key ? open(this.key, this.nonce(), this.hash, ciphertext) : ciphertext;
    if (!out) throw new Error('a handshake message that is not authentic');
    this.mixHash(ciphertext);
    return out;
  }

  split() {
    const [sending, receiving] = this.expand(Buffer.alloc(0));
    return { sending: sending.subarray(0, 32), receiving: receiving.subarray(0, 32), hash: this.hash };
  }

  clone() {
    return Object.assign(Object.create(Symmetric.prototype), this);
  }

  expand(secret) {
    const temporary = hmac(this.chain, secret);
    const first = hmac(temporary, Buffer.from([1]));
    const second = hmac(temporary, first, Buffer.from([2]));
    return [first, second, hmac(temporary, second, Buffer.from([3]))];
  }

  nonce() {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64LE(BigInt(this.counter), 4);
    this.counter += 1;
    return nonce;
  }
}

/** One attempt of the initiator: message 1 out, message 2 in and, with XX, message 3 out. */
export class Initiator {
  /**
   * @param own the static key pair
   * @param pinned the server's static key, which makes it IK; undefined makes it XX
   * @param ephemeral a fixed key pair, for test vectors only
   * @param peers `{ prologue, psk }` between peers of a ring; with a key it is XXpsk0
   */
  constructor(own, pinned, ephemeral = keyPair(), peers = { prologue: PROLOGUE }) {
    this.own = own;
    this.pinned = pinned;
    this.ephemeral = ephemeral;
    this.psk = peers.psk;
    const pattern = pinned ? 'IK' : this.psk ? 'XXpsk0' : 'XX';
    this.state = new Symmetric(`Noise_${pattern}_25519_ChaChaPoly_BLAKE2b`, peers.prologue);
    if (pinned) this.state.mixHash(pinned);
  }

  /** Message 1: `e`, and with IK `es, s, ss`. */
  first(payload) {
    const { state, own, ephemeral, pinned, psk } = this;
    if (psk) state.mixKeyAndHash(psk);
    this.mixEphemeral(state, ephemeral.publicKey);
    if (!pinned) return Buffer.concat([ephemeral.publicKey, state.encrypt(payload)]);
    state.mixKey(dh(ephemeral.secret, pinned));
    const sealedKey = state.encrypt(own.publicKey);
    state.mixKey(dh(own.secret, pinned));
    return Buffer.concat([ephemeral.publicKey, sealedKey, state.encrypt(payload)]);
  }

  /** Section 9.2: with a pre-shared key every ephemeral key goes into the chain as well. */
  mixEphemeral(state, publicKey) {
    state.mixHash(publicKey);
    if (this.psk) state.mixKey(publicKey);
  }

  /** Reads message 2 (`e, ee, s, es` or `e, ee, se`). Throws, changing nothing, when it is not authentic. */
  second(message) {
    const state = this.state.clone();
    const theirs = message.subarray(0, 32);
    this.mixEphemeral(state, theirs);
    state.mixKey(dh(this.ephemeral.secret, theirs));
    let server = this.pinned;
    let at = 32;
    if (server) state.mixKey(dh(this.own.secret, theirs));
    else {
      at += 32 + TAG;
      server = state.decrypt(message.subarray(32, at));
      state.mixKey(dh(this.ephemeral.secret, server));
    }
    const payload = state.decrypt(message.subarray(at));
    this.state = state;
    this.responder = theirs;
    return { server, payload };
  }

  /** Message 3 (`s, se`), XX only. */
  third() {
    const sealedKey = this.state.encrypt(this.own.publicKey);
    this.state.mixKey(dh(this.own.secret, this.responder));
    return Buffer.concat([sealedKey, this.state.encrypt(Buffer.alloc(0))]);
  }

  /** The two keys and the handshake hash. */
  split() {
    return this.state.split();
  }
}
