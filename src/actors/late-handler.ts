import type { Connection, EndpointHandler, PathAddress } from '../net/types.js';

type Reason = Parameters<EndpointHandler['closed']>[1];

/** An endpoint outlives an actor that failed; this passes its events to the one that lives. */
export class LateHandler implements EndpointHandler {
  target: EndpointHandler | undefined;

  opened(connection: Connection): void {
    this.target?.opened(connection);
  }

  frame(connection: Connection, type: number, body: Buffer): void {
    this.target?.frame(connection, type, body);
  }

  wanted(connection: Connection, transfer: number, first: number, count: number): void {
    this.target?.wanted?.(connection, transfer, first, count);
  }

  chunk(connection: Connection, transfer: number, chunk: number, record: Buffer): void {
    this.target?.chunk?.(connection, transfer, chunk, record);
  }

  supplied(connection: Connection, transfer: number, chunk: number): void {
    this.target?.supplied?.(connection, transfer, chunk);
  }

  moved(connection: Connection, from: PathAddress): void {
    this.target?.moved?.(connection, from);
  }

  failed(attempt: number, reason: Reason, offeredKey: Buffer | undefined): void {
    this.target?.failed?.(attempt, reason, offeredKey);
  }

  closed(connection: Connection, reason: Reason): void {
    this.target?.closed(connection, reason);
  }
}
