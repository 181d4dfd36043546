/** What the files thread counts, from 0 in each life of it; `blobs`, `bytesHeld` and what is open are as they are now. */
export interface FileFigures {
  /** Chunks that landed, were right and were kept. */
  chunksVerified: number;
  /** Chunks that came although they were here. */
  chunksRepeated: number;
  /** Chunks whose hash or length was wrong. */
  chunksWrong: number;
  /** Chunks that nobody had asked for any more. */
  chunksStray: number;
  bytesIn: number;
  bytesOut: number;
  /** Uploads that stood still and were ended. */
  uploadsStalled: number;
  /** Readers that took nothing and were closed. */
  readersStalled: number;
  uploads: number;
  downloads: number;
  blobs: number;
  bytesHeld: number;
}

/** Those that are counted, not looked up. */
export type FileCounters = Omit<FileFigures, 'uploads' | 'downloads' | 'blobs' | 'bytesHeld'>;

export const newCounters = (): FileCounters => ({
  chunksVerified: 0,
  chunksRepeated: 0,
  chunksWrong: 0,
  chunksStray: 0,
  bytesIn: 0,
  bytesOut: 0,
  uploadsStalled: 0,
  readersStalled: 0,
});
