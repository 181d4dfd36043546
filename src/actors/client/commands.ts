import type { ClientCommands } from '../../chat/events.js';

type Call = (name: keyof ClientCommands, args: readonly unknown[]) => Promise<unknown>;

/** The commands as functions of their own, over a call that takes their names: for a client on another thread. */
export function commandsOver(call: Call): ClientCommands {
  const over =
    <N extends keyof ClientCommands>(name: N) =>
    (...args: Parameters<ClientCommands[N]>) =>
      call(name, args) as ReturnType<ClientCommands[N]>;
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
    person: over('person'),
    rooms: over('rooms'),
    topic: over('topic'),
    locate: over('locate'),
    location: over('location'),
    near: over('near'),
    interest: over('interest'),
    groups: over('groups'),
    tags: over('tags'),
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
  };
}
