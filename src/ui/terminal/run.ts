/** Runs the terminal client on a terminal, from the setup screen to the way out. */
import { randomBytes } from 'node:crypto';
import type { Inspectable } from '../../actors/inspect/inspectable.js';
import type { ClientCommands, ClientEvent } from '../../chat/events.js';
import { Dashboard } from './dashboard.js';
import { ProcessMachines } from './machine-source.js';
import type { OwnPeer } from './own-peer.js';
import { Seat, type SeatOptions } from './seat.js';
import { type RingWish, Setup, type SetupStart } from './setup.js';
import { suggestName } from './whoami.js';

/** Unanswered words are waited for at most this long on the way out; ms. */
const QUIT_MS = 3_000;
/** After a signal whoever sent it does not wait long; ms. */
const SIGNAL_QUIT_MS = 1_000;

type OnEvent = (event: ClientEvent) => void;
/** A client of a server. */
type ServerClient = ClientCommands & {
  /** What runs for it in this process, to be watched. */
  readonly inspectable?: Inspectable;
  close(): Promise<void>;
};
/** A peer of a ring. */
type RingClient = ServerClient & OwnPeer;

export interface TerminalOptions extends SeatOptions {
  /** Makes the client; its events go to `onEvent` from then on. */
  readonly client: (onEvent: OnEvent) => Promise<ServerClient>;
  /** With a server and a user it logs in at once; otherwise the setup screen starts with what is known. */
  readonly start?: SetupStart;
  /** Starts a server on this machine ("Try it here"). */
  readonly embedded: () => Promise<{ server: string; inspectable?: Inspectable; stop(): Promise<void> }>;
  /** Starts or joins a ring. */
  readonly ring: (wish: RingWish, onEvent: OnEvent) => Promise<RingClient>;
}

/**
 * Shows the client until the person quits or a signal ends it; the terminal is as it was before when this
 * resolves, and on every way out of the process.
 * @returns the exit code: 0 after quitting, 128 + n after signal n
 */
export async function runTerminal(options: TerminalOptions): Promise<number> {
  const inbox = new Inbox();
  const server = await options.client(inbox.take);
  const seat = new Seat(options);
  let stopServer = async () => {};
  let here: string | undefined;
  let serverHere: Inspectable | undefined;
  /** Whom to say goodbye to. */
  let client = server;
  const dashboard = dashboardOn(seat, server, () => [server.inspectable, serverHere]);
  inbox.open(dashboard);
  const showAfter = (setup: Setup, next: Dashboard) => {
    setup.close();
    seat.show(next);
    for (const token of setup.early.take()) next.handle(token);
  };
  const setup = new Setup({
    start: options.start ?? {},
    suggestedName: suggestName(seat.environment),
    commands: server,
    embedded: async () => {
      const { server: address, inspectable, stop } = await options.embedded();
      stopServer = stop;
      serverHere = inspectable;
      here = address;
      return address;
    },
    ring: async (wish) => {
      const box = new Inbox();
      const ring = await options.ring(wish, box.take);
      client = ring;
      const shown = dashboardOn(seat, ring, () => [ring.inspectable], ring);
      box.open(shown);
      showAfter(setup, shown);
      await leave(server, 0);
    },
    newPassword: () => randomBytes(18).toString('base64url'),
    theme: seat.theme,
    invalidate: () => seat.screen.invalidate(),
    done: () => {
      if (here !== undefined)
        dashboard.apply({ event: 'notice', text: `Others on this machine come in with --server ${here}.` });
      showAfter(setup, dashboard);
    },
    quit: seat.quit,
  });
  // Before it is shown: it is given what was typed so far, which is not for the form where none is needed.
  setup.begin();
  seat.show(setup);
  const exitCode = await seat.ended;
  setup.close();
  seat.leave();
  try {
    await leave(client, exitCode === 0 ? QUIT_MS : SIGNAL_QUIT_MS);
  } finally {
    await stopServer();
    await seat.close();
  }
  return exitCode;
}

/** Shows a peer of the ring; the same otherwise. */
export async function runRing(
  options: SeatOptions & { readonly ring: (onEvent: OnEvent) => Promise<RingClient> },
): Promise<number> {
  const inbox = new Inbox();
  const ring = await options.ring(inbox.take);
  const seat = new Seat(options);
  const dashboard = dashboardOn(seat, ring, () => [ring.inspectable], ring);
  inbox.open(dashboard);
  seat.show(dashboard);
  const exitCode = await seat.ended;
  seat.leave();
  try {
    await leave(ring, exitCode === 0 ? QUIT_MS : SIGNAL_QUIT_MS);
  } finally {
    await seat.close();
  }
  return exitCode;
}

/** @param systems what runs in this process now, as far as it can be watched */
function dashboardOn(
  seat: Seat,
  commands: ServerClient,
  systems: () => readonly (Inspectable | undefined)[],
  ring?: RingClient,
): Dashboard {
  const { screen, theme, glyphs, depth, look, now, quit } = seat;
  const own = ring === undefined ? {} : { ring };
  const running = () => systems().filter((system) => system !== undefined);
  const machines = new ProcessMachines(running, seat.inspector);
  return new Dashboard({ stage: screen, commands, ...own, machines, theme, glyphs, depth, look, now, quit });
}

async function leave(client: ServerClient, ms: number): Promise<void> {
  try {
    await client.quit(ms);
  } finally {
    await client.close();
  }
}

/** Keeps what is told until there is somebody to tell. */
class Inbox {
  readonly #early: ClientEvent[] = [];
  #dashboard: Dashboard | undefined;

  readonly take = (event: ClientEvent): void => {
    if (this.#dashboard === undefined) this.#early.push(event);
    else this.#dashboard.apply(event);
  };

  open(dashboard: Dashboard): void {
    this.#dashboard = dashboard;
    for (const event of this.#early.splice(0)) dashboard.apply(event);
  }
}
