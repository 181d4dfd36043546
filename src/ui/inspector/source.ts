import type { Frame, Interest } from '../../actors/inspect/frames.js';

/** One of those who look on. */
export interface Watcher {
  interest(next: Interest): void;
  close(): void;
}

/** Where frames come from: the Inspector of a running system. */
export interface FrameSource {
  /** @param listener answers false when it cannot take the frame now: what it says comes again with a later one */
  watch(listener: (frame: Frame) => boolean): Watcher;
}
