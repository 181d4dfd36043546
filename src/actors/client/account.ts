import { NatterError } from '../../chat/error.js';
import { Operation } from '../../chat/operations.js';
import { DevicesReply, Empty, PasswordStartReply } from '../../chat/schemas.js';
import type { Calls } from './calls.js';
import type { Stretching } from './world.js';

/**
 * Only an empty password is refused: how long it is to be is for the person or the script to choose. The
 * server never sees it, and guessing over the network is held to three tries a minute.
 * @throws NatterError PASSWORD_TOO_SHORT
 */
export function checkPassword(password: string): void {
  if (password === '') throw new NatterError('PASSWORD_TOO_SHORT', 'The password is empty; choose one.');
}

/** A new OPAQUE record in place of the old. The server wants a login by password a moment before. */
export async function setPassword(
  calls: Calls,
  stretching: Stretching,
  password: string,
  forgetOthers: boolean,
): Promise<void> {
  const { state, request } = await stretching.clientRegistrationStart({ password });
  const { r: response } = await calls.call(Operation.PasswordStart, { r: request }, PasswordStartReply);
  const r = await stretching.clientRegistrationFinish({ password, state, response });
  await calls.call(Operation.PasswordFinish, { r, o: forgetOthers }, Empty);
}

export interface KnownDevice {
  /** Hex. */
  readonly key: string;
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
  readonly me: boolean;
}

export async function listDevices(calls: Calls): Promise<KnownDevice[]> {
  const { d } = await calls.call(Operation.Devices, {}, DevicesReply);
  return d.map(({ k, l, s, me }) => ({ key: Buffer.from(k).toString('hex'), label: l, seenAt: s, me }));
}

/** @param key hex, as `listDevices` gives it. @throws NatterError BAD_ARGUMENT, DEVICE_UNKNOWN */
export async function forgetDevice(calls: Calls, key: string): Promise<void> {
  const k = Buffer.from(key, 'hex');
  if (k.length !== 32)
    throw new NatterError('BAD_ARGUMENT', 'That is no device key; choose one from the list of devices.');
  await calls.call(Operation.DeviceForget, { k }, Empty);
}
