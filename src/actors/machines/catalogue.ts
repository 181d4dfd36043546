/** Every statechart of the program: what a gallery shows, an export writes and a simulator steps through. */
import type { AnyStateMachine } from 'xstate';
import { loginMachine as clientLoginMachine } from '../client/login.machine.js';
import { registrationMachine as clientRegistrationMachine } from '../client/registration.machine.js';
import { sessionMachine as clientSessionMachine } from '../client/session.machine.js';
import { presenceMachine } from '../presence/presence.machine.js';
import { loginMachine } from '../registry/login.machine.js';
import { registrationMachine } from '../registry/registration.machine.js';
import { linkMachine } from '../ring/link.machine.js';
import { nodeMachine } from '../ring/node.machine.js';
import { roomMachine } from '../room/room.machine.js';
import { sessionMachine } from '../session/session.machine.js';
import { transferMachine } from '../transfer/transfer.machine.js';

export interface CatalogueRow {
  /** Unique, where a machine's id is not: a client and a server both have a `session`. A file's name, a link's end. */
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** One sentence. */
  readonly what: string;
  readonly runs: 'server' | 'client' | 'server and client' | 'ring';
  /** Its file, from the project's root. */
  readonly file: string;
}

/** Server first, then what both ends have, then client, then ring. */
export const machines: readonly CatalogueRow[] = [
  {
    name: 'session',
    machine: sessionMachine,
    what: "One connection's life on the server, from the handshake to the last detach.",
    runs: 'server',
    file: 'src/actors/session/session.machine.ts',
  },
  {
    name: 'room',
    machine: roomMachine,
    what: 'One conversation, awake for as long as anybody reads it.',
    runs: 'server',
    file: 'src/actors/room/room.machine.ts',
  },
  {
    name: 'presence',
    machine: presenceMachine,
    what: 'One account as others see it; it lingers a little, so that a reconnect makes no flicker.',
    runs: 'server',
    file: 'src/actors/presence/presence.machine.ts',
  },
  {
    name: 'registration',
    machine: registrationMachine,
    what: 'One registration (OPAQUE) at the server, until the account is in the journal.',
    runs: 'server',
    file: 'src/actors/registry/registration.machine.ts',
  },
  {
    name: 'login',
    machine: loginMachine,
    what: 'One login with a password (OPAQUE) at the server, which never sees that password.',
    runs: 'server',
    file: 'src/actors/registry/login.machine.ts',
  },
  {
    name: 'transfer',
    machine: transferMachine,
    what: 'One file on its way: the same at a sender, at a receiver and at a server.',
    runs: 'server and client',
    file: 'src/actors/transfer/transfer.machine.ts',
  },
  {
    name: 'client-session',
    machine: clientSessionMachine,
    what: "A client's session with one server, from a name to the living connection and back.",
    runs: 'client',
    file: 'src/actors/client/session.machine.ts',
  },
  {
    name: 'client-registration',
    machine: clientRegistrationMachine,
    what: 'One registration (OPAQUE) as the client goes through it.',
    runs: 'client',
    file: 'src/actors/client/registration.machine.ts',
  },
  {
    name: 'client-login',
    machine: clientLoginMachine,
    what: "One login as the client goes through it: by the device's key, or else with a password.",
    runs: 'client',
    file: 'src/actors/client/login.machine.ts',
  },
  {
    name: 'node',
    machine: nodeMachine,
    what: "One peer's life in its ring, as its overlay sees it.",
    runs: 'ring',
    file: 'src/actors/ring/node.machine.ts',
  },
  {
    name: 'link',
    machine: linkMachine,
    what: 'One link to one peer of the ring, from an address to the last frame.',
    runs: 'ring',
    file: 'src/actors/ring/link.machine.ts',
  },
];
