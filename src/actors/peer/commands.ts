import type { ClientCommands, GroupCommands, RingCommands } from '../../chat/events.js';

export type Commands = ClientCommands & GroupCommands & RingCommands;

type Call = (name: keyof Commands, args: readonly unknown[]) => Promise<unknown>;

/** The commands as functions of their own, over a call that takes their names. */
export function commandsOver(call: Call): Commands {
  const over =
    <N extends keyof Commands>(name: N) =>
    (...args: Parameters<Commands[N]>) =>
      call(name, args) as ReturnType<Commands[N]>;
  return {
    login: over('login'),
    probe: over('probe'),
    join: over('join'),
    leave: over('leave'),
    say: over('say'),
    retry: over('retry'),
    discard: over('discard'),
    history: over('history'),
    follow: over('follow'),
    read: over('read'),
    typing: over('typing'),
    away: over('away'),
    who: over('who'),
    rooms: over('rooms'),
    topic: over('topic'),
    changePassword: over('changePassword'),
    devices: over('devices'),
    forgetDevice: over('forgetDevice'),
    sendFile: over('sendFile'),
    acceptFile: over('acceptFile'),
    rejectFile: over('rejectFile'),
    pauseFile: over('pauseFile'),
    resumeFile: over('resumeFile'),
    cancelFile: over('cancelFile'),
    trust: over('trust'),
    transfers: over('transfers'),
    offers: over('offers'),
    quit: over('quit'),
    locate: over('locate'),
    location: over('location'),
    near: over('near'),
    interest: over('interest'),
    groups: over('groups'),
    tags: over('tags'),
    invite: over('invite'),
    ringStatus: over('ringStatus'),
    ringView: over('ringView'),
  };
}
