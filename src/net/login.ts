/** What ties a login to the connection it is made over (docs/PROTOCOL.md, LoginFinish). */
import sodium from 'sodium-native';
import { LOGIN_MAC_BYTES, LOGIN_MAC_KEY_BYTES } from './constants.js';

const LABEL = Buffer.from('natter login');

/**
 * Binds a login to its connection and to the device, so that neither can be swapped.
 * @param sessionKey of OPAQUE, 64 bytes
 * @param handshakeHash of Noise, 64 bytes
 * @param deviceKey the client's static key, 32 bytes
 * @returns BLAKE2b-256 keyed with the session key's first 32 bytes, over ("natter login", handshake hash, device key)
 */
export function loginMac(sessionKey: Uint8Array, handshakeHash: Uint8Array, deviceKey: Uint8Array): Buffer {
  const mac = Buffer.alloc(LOGIN_MAC_BYTES);
  const key = Buffer.from(sessionKey.subarray(0, LOGIN_MAC_KEY_BYTES));
  sodium.crypto_generichash(mac, Buffer.concat([LABEL, handshakeHash, deviceKey]), key);
  return mac;
}
