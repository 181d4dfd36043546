import type { ActorSystem } from './system.js';

/** What a thread can say about itself; all numbers are since its start unless said otherwise. */
export interface ThreadStats {
  /** Actors alive now, by the name of their kind. */
  readonly actors: Readonly<Record<string, number>>;
  /** Unread messages now: the fullest mailbox, and all together. */
  readonly mailboxDepthMax: number;
  readonly mailboxDepthSum: number;
  readonly messagesHandled: number;
  readonly batchesSent: number;
  readonly deadLetters: number;
  readonly actorRestarts: number;
  /** Asks of this thread that wait for an answer now. */
  readonly asksPending: number;
  /** Bytes that wait for credit or for a thread to come back, and those its receivers have not handled, now. */
  readonly queuedBytes: number;
  readonly inFlightBytes: number;
  /** 99th percentile of the event loop's delay since the last reading, milliseconds; 0 where it is not measured. */
  readonly loopDelayP99Ms: number;
}

export function threadStats(system: ActorSystem): ThreadStats {
  const actors: Record<string, number> = {};
  let mailboxDepthMax = 0;
  let mailboxDepthSum = 0;
  for (const cell of system.cells.all()) {
    if (cell.actor !== undefined) actors[cell.type.name] = (actors[cell.type.name] ?? 0) + 1;
    const { size } = cell.mailbox;
    mailboxDepthMax = Math.max(mailboxDepthMax, size);
    mailboxDepthSum += size;
  }
  let batchesSent = 0;
  let queuedBytes = 0;
  let inFlightBytes = 0;
  for (const link of system.router.links()) {
    batchesSent += link.batchesSent;
    queuedBytes += link.queuedBytes;
    inFlightBytes += link.inFlightBytes;
  }
  return {
    actors,
    mailboxDepthMax,
    mailboxDepthSum,
    messagesHandled: system.pump.handled,
    batchesSent,
    deadLetters: system.deadLetters.count,
    actorRestarts: system.cells.restarts,
    asksPending: system.asks.size,
    queuedBytes,
    inFlightBytes,
    loopDelayP99Ms: 0,
  };
}
