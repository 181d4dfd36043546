/**
 * A client written from docs/PROTOCOL.md alone: node:crypto (and sodium for keyed BLAKE2b, which it lacks),
 * no line of src/net besides the server that it talks to. When this fails, either the page or the code is wrong.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from 'node:crypto';
import sodium from 'sodium-native';
import { describe, expect, it } from 'vitest';
import { keyPair, type PlainConnection, seeded, Wire } from './support.js';

const SERVER = { address: '192.0.2.1', port: 7777 };
const STRANGER = { address: '198.51.100.9', port: 1234 };

const sha = (...parts: Buffer[]) => createHash('blake2b512').update(Buffer.concat(parts)).digest();
const hmac = (key: Buffer, data: Buffer) => createHmac('blake2b512', key).update(data).digest();
const open = { authTagLength: 16 } as const;

function encrypt(key: Buffer, nonce: Buffer, additional: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, open);
  cipher.setAAD(additional, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, nonce: Buffer, additional: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, open);
  decipher.setAAD(additional, { plaintextLength: sealed.length - 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

function dh(secret: Buffer, publicKey: Buffer): Buffer {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret]);
  const spki = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), publicKey]);
  return diffieHellman({
    privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
  });
}

class Symmetric {
  h: Buffer;
  ck: Buffer;
  k: Buffer = Buffer.alloc(0);
  n = 0;

  constructor(name: string) {
    this.h = Buffer.alloc(64);
    this.h.write(name);
    this.ck = this.h;
    this.mixHash(Buffer.from('natter/1'));
  }

  mixHash(data: Buffer): void {
    this.h = sha(this.h, data);
  }

  hkdf(input: Buffer): [Buffer, Buffer] {
    const secret = hmac(this.ck, input);
    const one = hmac(secret, Buffer.from([1]));
    return [one, hmac(secret, Buffer.concat([one, Buffer.from([2])]))];
  }

  mixKey(input: Buffer): void {
    const [ck, k] = this.hkdf(input);
    this.ck = ck;
    this.k = k.subarray(0, 32);
    this.n = 0;
  }

  nonce(): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32LE(this.n++, 4);
    return nonce;
  }

  encryptAndHash(plain: Buffer): Buffer {
    const sealed = encrypt(this.k, this.nonce(), this.h, plain);
    this.mixHash(sealed);
    return sealed;
  }

  decryptAndHash(sealed: Buffer): Buffer {
    const plain = decrypt(this.k, this.nonce(), this.h, sealed);
    this.mixHash(sealed);
    return plain;
  }
}

function pad(datagram: Buffer): Buffer {
  return Buffer.concat([datagram, Buffer.alloc(1200 - datagram.length)]);
}

function sealed(id: Buffer, number: number, phase: number, key: Buffer, text: string): Buffer {
  const header = Buffer.concat([Buffer.from([0x10 | phase]), id, Buffer.alloc(8)]);
  header.writeUInt32BE(number, 13);
  const nonce = Buffer.concat([Buffer.alloc(4), header.subarray(9)]);
  return Buffer.concat([header, encrypt(key, nonce, header, Buffer.from(text))]);
}

function opened(datagram: Buffer, key: Buffer): string {
  const nonce = Buffer.concat([Buffer.alloc(4), datagram.subarray(9, 17)]);
  return decrypt(key, nonce, datagram.subarray(0, 17), datagram.subarray(17)).toString();
}

describe('a client written from docs/PROTOCOL.md', () => {
  it('runs IK with a RETRY, talks, and follows a rekey', () => {
    const wire = new Wire();
    const keys = keyPair(1);
    const server = wire.add(SERVER, { keys, listening: true });
    const me = keyPair(2);
    const ephemeral = keyPair(3);
    const myId = Buffer.alloc(8);
    seeded(4)(myId);
    const ask = (datagram: Buffer): Buffer => {
      wire.log.length = 0;
      server.endpoint.receive(datagram, STRANGER, wire.now);
      server.endpoint.flush(wire.now);
      expect(wire.log.length).toBeLessThanOrEqual(1);
      return wire.log[0]?.datagram ?? Buffer.alloc(0);
    };

    let noise = new Symmetric('Noise_IK_25519_ChaChaPoly_BLAKE2b');
    const initiation = (token: Buffer): Buffer => {
      noise = new Symmetric('Noise_IK_25519_ChaChaPoly_BLAKE2b');
      noise.mixHash(keys.publicKey);
      noise.mixHash(ephemeral.publicKey);
      noise.mixKey(dh(ephemeral.secretKey, keys.publicKey));
      const s = noise.encryptAndHash(me.publicKey);
      noise.mixKey(dh(me.secretKey, keys.publicKey));
      const message = Buffer.concat([ephemeral.publicKey, s, noise.encryptAndHash(token)]);
      const length = Buffer.from([0x40 | (message.length >> 8), message.length & 255]);
      return pad(
        Buffer.concat([Buffer.from([1, 1, 2]), myId, Buffer.from([token.length]), token, length, message]),
      );
    };

    const retry = ask(initiation(Buffer.alloc(0)));
    expect(retry.subarray(0, 10)).toEqual(Buffer.concat([Buffer.from([2, 1]), myId]));
    const token = retry.subarray(11);
    expect(token).toHaveLength(retry[10] as number);

    const response = ask(initiation(token));
    expect(response.subarray(0, 10)).toEqual(Buffer.concat([Buffer.from([3, 1]), myId]));
    const serverId = response.subarray(10, 18);
    const message = response.subarray(19);
    expect(message).toHaveLength(response[18] as number);
    const re = message.subarray(0, 32);
    noise.mixHash(re);
    noise.mixKey(dh(ephemeral.secretKey, re));
    noise.mixKey(dh(me.secretKey, re));
    expect(noise.decryptAndHash(message.subarray(32))).toEqual(serverId);
    let [tx, rx] = noise.hkdf(Buffer.alloc(0)).map((key) => key.subarray(0, 32)) as [Buffer, Buffer];

    expect(opened(ask(sealed(serverId, 0, 0, tx, 'hej')), rx)).toBe('welcome');
    const connection = server.opened[0] as PlainConnection;
    expect(connection.remoteKey).toEqual(me.publicKey);
    expect(connection.handshakeHash).toEqual(noise.h);

    const ratchet = (key: Buffer): Buffer => {
      const next = Buffer.alloc(32);
      sodium.crypto_generichash(next, Buffer.from('natter rekey'), key);
      return next;
    };
    [tx, rx] = [ratchet(tx), ratchet(rx)];
    expect(opened(ask(sealed(serverId, 1, 1, tx, 'renewed')), rx)).toBe('welcome');
    expect(connection.received).toEqual(['hej', 'renewed']);
  });
});
