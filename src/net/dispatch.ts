import { Malformed, Reader } from './bytes.js';
import { FRAME_APPLICATION_MIN, FrameType, MESSAGE_MAX_BYTES } from './constants.js';
import { AckFrame, CloseFrame, PathFrame, type Segment, SegmentFrame, TokenFrame } from './frame.js';
import type { Recovery } from './recovery.js';

/** Takes the frames of one packet. Buffers are views, valid during the call. */
export interface FrameSink {
  readonly recovery: Recovery;
  /** Set as soon as a frame asks for an ack, so that it holds also when a later one throws. */
  eliciting: boolean;
  /** A PING: the ack is wanted at once. */
  urgent: boolean;
  application(type: number, body: Buffer): void;
  segment(segment: Segment): void;
  pathChallenge(data: Buffer): void;
  pathResponse(data: Buffer): void;
  token(token: Buffer): void;
  closeReceived(code: number, text: string): void;
}

// One packet is read at a time on a thread; a sink never causes another one to be read.
const reader = new Reader();

/** Reads the frames of a packet, `bytes` up to `length`; throws `Malformed`. */
export function readFrames(bytes: Buffer, length: number, sink: FrameSink, now: number): void {
  reader.reset(bytes, 0, length);
  while (reader.remaining > 0) {
    const type = reader.u8();
    if (type >= FRAME_APPLICATION_MIN) {
      sink.eliciting = true;
      sink.application(type, reader.block(MESSAGE_MAX_BYTES));
    } else {
      readOwn(type, sink, now);
    }
  }
}

/** Reads the one application frame that a reassembled message is; throws `Malformed`. */
export function readMessage(bytes: Buffer, sink: Pick<FrameSink, 'application'>): void {
  const whole = new Reader(bytes);
  const type = whole.u8();
  if (type < FRAME_APPLICATION_MIN) throw new Malformed('a connection frame inside a message');
  const body = whole.block(MESSAGE_MAX_BYTES);
  if (whole.remaining > 0) throw new Malformed('bytes behind a message');
  sink.application(type, body);
}

function readOwn(type: number, sink: FrameSink, now: number): void {
  switch (type) {
    case FrameType.Padding:
      reader.skip(reader.remaining);
      return;
    case FrameType.Ping:
      sink.eliciting = true;
      sink.urgent = true;
      return;
    case FrameType.Ack:
      sink.recovery.ackStart(now);
      AckFrame.decode(reader, sink.recovery);
      sink.recovery.ackEnd();
      return;
    case FrameType.PathChallenge:
      sink.pathChallenge(PathFrame.decode(reader));
      return;
    case FrameType.PathResponse:
      sink.pathResponse(PathFrame.decode(reader));
      return;
    case FrameType.Token:
      sink.token(TokenFrame.decode(reader));
      return;
    case FrameType.Close: {
      const { code, text } = CloseFrame.decode(reader);
      sink.closeReceived(code, text);
      return;
    }
    case FrameType.Segment:
      sink.eliciting = true;
      sink.segment(SegmentFrame.decode(reader));
      return;
    default:
      throw new Malformed('unknown frame type');
  }
}
