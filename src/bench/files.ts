import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureTalk } from './file-talk.js';
import { type Line, Measured } from './measured.js';
import { SshServer } from './scp.js';

/** One line of `natter bench files --json`: a file of `mb` million bytes from one client to another, or by scp. */
export interface FilesFigure {
  readonly event: 'bench';
  readonly name: 'files';
  readonly system: 'natter' | 'scp';
  readonly mb: number;
  /** From the start of the sender's process until the receiver's file has its name and both commands ended. */
  readonly mbPerS?: number;
  /** The same from the first byte on: without the start of a process and the login. */
  readonly movingMbPerS?: number;
  /** Processor time of all processes together per 10^9 bytes: the server's in between, the clients' whole lives. */
  readonly cpuSPerGB?: number;
  /** Most resident memory, 10^6 bytes: of whichever process had most, and of each. */
  readonly peakMb?: number;
  readonly serverPeakMb?: number;
  readonly senderPeakMb?: number;
  readonly receiverPeakMb?: number;
  /** While the file runs: from saying to hearing between two others, and between sender and receiver. */
  readonly talkP50Us?: number;
  readonly talkP99Us?: number;
  readonly ownTalkP50Us?: number;
  readonly ownTalkP99Us?: number;
  /** Why there are no figures. */
  readonly skipped?: string;
}

const MB = 1_000_000;
const FILE_MB = Number(process.env.NATTER_BENCH_MB ?? 300);
const TALK_MB = Number(process.env.NATTER_BENCH_TALK_MB ?? 1_000);
/** Goes first: code is compiled and folders are made when it counts. */
const WARM_UP_MB = 32;
const BLOCK_BYTES = 1 << 22;

/**
 * 300 MB of random bytes over loopback, from client to client through a server (all three the real commands,
 * the receiver takes it at once), and the same file by `scp` with the same cipher; then how long talk takes
 * while 1 GB runs. NATTER_BENCH_MB and NATTER_BENCH_TALK_MB change the sizes.
 */
export async function benchFiles(show: (figure: FilesFigure) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'natter-bench-'));
  try {
    const small = randomFile(join(folder, 'small'), WARM_UP_MB);
    const large = randomFile(join(folder, 'large'), FILE_MB);
    show(await natter(folder, small, large));
    show(await scp(folder, small, large));
    rmSync(large);
    show(await talk(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function natter(folder: string, small: string, large: string): Promise<FilesFigure> {
  const server = new Measured([
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--data',
    join(folder, 'server'),
    '--json',
  ]);
  try {
    const listening = await server.line(({ event }) => event === 'listening');
    const at = `127.0.0.1:${String(listening.port)}`;
    for (const user of ['ana', 'bo']) {
      const args = ['register', ...account(folder, at, user), '--remember'];
      const register = new Measured(args, { NATTER_PASSWORD: `password of ${user}` });
      await register.done();
    }
    await carry(folder, at, small, server);
    return {
      event: 'bench',
      name: 'files',
      system: 'natter',
      mb: FILE_MB,
      ...(await carry(folder, at, large, server)),
    };
  } finally {
    await server.stop();
  }
}

/** One file from ana to bo, both commands from their start to their end. */
async function carry(folder: string, at: string, path: string, server: Measured) {
  const into = join(folder, 'downloads');
  const get = new Measured(['get', ...account(folder, at, 'bo'), '--into', into, '--once', '--json']);
  await get.line(({ event }) => event === 'ready');
  const before = await server.usage();
  const started = performance.now();
  let movingSince = started;
  const put = new Measured(['put', ...account(folder, at, 'ana'), '--to', '@bo', path, '--json']);
  put.onLine = (line) => {
    if (line.event === 'transfer' && movingSince === started) movingSince = performance.now();
  };
  await Promise.all([put.done(), get.done()]);
  const ended = performance.now();
  const after = await server.usage();
  const [sender, receiver] = [await put.usage(), await get.usage()];
  const done = await get.line((line: Line) => line.event === 'transfer' && line.state === 'done');
  const bytes = statSync(String(done.path)).size;
  rmSync(String(done.path));
  const mb = bytes / MB;
  return {
    mbPerS: round(mb / ((ended - started) / 1000)),
    movingMbPerS: round(mb / ((ended - movingSince) / 1000)),
    cpuSPerGB: round((after.cpuS - before.cpuS + sender.cpuS + receiver.cpuS) / (mb / 1000)),
    peakMb: round(Math.max(after.peakMb, sender.peakMb, receiver.peakMb)),
    serverPeakMb: round(after.peakMb),
    senderPeakMb: round(sender.peakMb),
    receiverPeakMb: round(receiver.peakMb),
  };
}

function account(folder: string, at: string, user: string): string[] {
  return ['--server', at, '--user', user, '--data', join(folder, user)];
}

async function scp(folder: string, small: string, large: string): Promise<FilesFigure> {
  const figure = { event: 'bench', name: 'files', system: 'scp', mb: FILE_MB } as const;
  const keys = join(folder, 'ssh');
  mkdirSync(keys, { mode: 0o700 });
  const server = await SshServer.start(keys);
  if (!server) return { ...figure, skipped: 'No OpenSSH server could be started; install one to compare.' };
  try {
    const copy = join(folder, 'copy');
    await server.copy(small, copy);
    const { elapsedMs, cpuS } = await server.copy(large, copy);
    rmSync(copy);
    return {
      ...figure,
      mbPerS: round(FILE_MB / (elapsedMs / 1000)),
      ...(cpuS === undefined ? {} : { cpuSPerGB: round(cpuS / (FILE_MB / 1000)) }),
    };
  } finally {
    await server.stop();
  }
}

async function talk(folder: string): Promise<FilesFigure> {
  const path = randomFile(join(folder, 'huge'), TALK_MB);
  const { others, own } = await measureTalk(folder, path);
  return {
    event: 'bench',
    name: 'files',
    system: 'natter',
    mb: TALK_MB,
    talkP50Us: share(others, 0.5),
    talkP99Us: share(others, 0.99),
    ownTalkP50Us: share(own, 0.5),
    ownTalkP99Us: share(own, 0.99),
  };
}

/** A file that no disk can make smaller. @returns its path */
function randomFile(path: string, mb: number): string {
  const block = Buffer.alloc(BLOCK_BYTES);
  const file = openSync(path, 'w');
  for (let left = mb * MB; left > 0; left -= BLOCK_BYTES)
    writeSync(file, randomFillSync(block), 0, Math.min(left, BLOCK_BYTES));
  // Else the kernel writes it while the measurement runs.
  fsyncSync(file);
  closeSync(file);
  return path;
}

function share(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * part)] ?? Number.NaN);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
