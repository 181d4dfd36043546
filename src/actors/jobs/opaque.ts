/**
 * The steps of OPAQUE (RFC 9807) as tasks: plain functions of plain strings, run in the jobs pool because each
 * takes 1-5 ms on a server and the key stretching (Argon2id, 64 MiB) about 300 ms on a client. All strings are
 * base64url, as @serenity-kit/opaque writes them. A step that is given something malformed throws.
 */
import { client, ready, server } from '@serenity-kit/opaque';

/** RFC 9807 section 6.3.2.2 by way of RFC 9106: t = 3, m = 64 MiB, p = 4. Client and record must agree on it. */
const KEY_STRETCHING = 'memory-constrained';

export interface ServerRegistration {
  readonly setup: string;
  /** The account's name key: stable, whatever case the name was typed in. */
  readonly user: string;
  readonly request: string;
}

/** @returns the registration response. */
export async function serverRegistration(task: ServerRegistration): Promise<string> {
  await ready;
  return server.createRegistrationResponse({
    serverSetup: task.setup,
    userIdentifier: task.user,
    registrationRequest: task.request,
  }).registrationResponse;
}

export interface ServerLoginStart {
  readonly setup: string;
  readonly user: string;
  /** Null for an unknown user: the answer is then made from a fake record, in the same shape and time. */
  readonly record: string | null;
  readonly request: string;
}

export interface ServerLoginStarted {
  readonly state: string;
  readonly response: string;
}

export async function serverLoginStart(task: ServerLoginStart): Promise<ServerLoginStarted> {
  await ready;
  const { serverLoginState, loginResponse } = server.startLogin({
    serverSetup: task.setup,
    userIdentifier: task.user,
    registrationRecord: task.record,
    startLoginRequest: task.request,
  });
  return { state: serverLoginState, response: loginResponse };
}

export interface ServerLoginFinish {
  readonly state: string;
  readonly finish: string;
}

/** @returns the 64-byte session key as base64url, or null when the password was wrong or the user unknown. */
export async function serverLoginFinish(task: ServerLoginFinish): Promise<string | null> {
  await ready;
  try {
    return server.finishLogin({ serverLoginState: task.state, finishLoginRequest: task.finish }).sessionKey;
  } catch (error) {
    // What WebAssembly traps on (no memory) says nothing about the password.
    if (error instanceof Error && error.name === 'RuntimeError') throw error;
    return null;
  }
}

/** @returns a new server's long-term secret: whoever loses it loses every password record. */
export async function serverSetup(): Promise<string> {
  await ready;
  return server.createSetup();
}

export interface ClientStart {
  readonly password: string;
}

export interface ClientStarted {
  readonly state: string;
  readonly request: string;
}

export async function clientRegistrationStart(task: ClientStart): Promise<ClientStarted> {
  await ready;
  const { clientRegistrationState, registrationRequest } = client.startRegistration(task);
  return { state: clientRegistrationState, request: registrationRequest };
}

export interface ClientFinish {
  readonly password: string;
  readonly state: string;
  readonly response: string;
}

/** Stretches the key. @returns the registration record. */
export async function clientRegistrationFinish(task: ClientFinish): Promise<string> {
  await ready;
  return client.finishRegistration({
    password: task.password,
    clientRegistrationState: task.state,
    registrationResponse: task.response,
    keyStretching: KEY_STRETCHING,
  }).registrationRecord;
}

export async function clientLoginStart(task: ClientStart): Promise<ClientStarted> {
  await ready;
  const { clientLoginState, startLoginRequest } = client.startLogin(task);
  return { state: clientLoginState, request: startLoginRequest };
}

export interface ClientLoginFinished {
  readonly finish: string;
  readonly sessionKey: string;
}

/** Stretches the key. @returns undefined when the password is wrong. */
export async function clientLoginFinish(task: ClientFinish): Promise<ClientLoginFinished | undefined> {
  await ready;
  const done = client.finishLogin({
    password: task.password,
    clientLoginState: task.state,
    loginResponse: task.response,
    keyStretching: KEY_STRETCHING,
  });
  return done && { finish: done.finishLoginRequest, sessionKey: done.sessionKey };
}
