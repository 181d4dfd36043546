import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

const CIPHER = 'chacha20-poly1305@openssh.com';
/** Where servers are that a person's PATH does not name. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];
const START_MS = 5_000;
const AGAIN_MS = 50;
const STOP_MS = 2_000;

export interface ScpResult {
  readonly elapsedMs: number;
  /** Processor time of scp, ssh and sshd together, seconds; undefined where /proc does not tell. */
  readonly cpuS: number | undefined;
}

/** An OpenSSH server of its own on loopback: keys and settings in a folder, nothing of the user's is read. */
export class SshServer {
  readonly #folder: string;
  readonly #port: number;
  readonly #child: ChildProcess;

  /**
   * @param folder an empty one, for the keys
   * @returns undefined where OpenSSH is not installed, or may not serve
   */
  static async start(folder: string): Promise<SshServer | undefined> {
    const [sshd, scp, keygen] = [find('sshd'), find('scp'), find('ssh-keygen')];
    if (!sshd || !scp || !keygen) return undefined;
    for (const name of ['host', 'user'])
      execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', join(folder, name)]);
    writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'user.pub')), { mode: 0o600 });
    const port = await freePort();
    writeFileSync(join(folder, 'sshd_config'), settings(folder, port));
    const child = spawn(sshd, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
    const server = new SshServer(folder, port, child);
    if (await server.#listens()) return server;
    await server.stop();
    return undefined;
  }

  private constructor(folder: string, port: number, child: ChildProcess) {
    this.#folder = folder;
    this.#port = port;
    this.#child = child;
    child.on('error', () => undefined);
  }

  /** Copies `from` to `to` through it. @throws Error when scp ends with anything but 0 */
  async copy(from: string, to: string): Promise<ScpResult> {
    const before = this.#cpuS();
    const started = performance.now();
    const scp = spawn(
      'scp',
      [
        ...[
          '-q',
          '-B',
          '-F',
          '/dev/null',
          '-c',
          CIPHER,
          '-P',
          `${this.#port}`,
          '-i',
          join(this.#folder, 'user'),
        ],
        ...['-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${join(this.#folder, 'known')}`],
        ...['-o', 'IdentitiesOnly=yes', '-o', 'LogLevel=ERROR', '-o', 'Compression=no'],
        ...[from, `${userInfo().username}@127.0.0.1:${to}`],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [code] = await once(scp, 'close');
    const elapsedMs = performance.now() - started;
    if (code !== 0) throw new Error(`scp ended with ${code}`);
    // sshd waits for the child that served the session a moment after scp has gone.
    await new Promise((resolve) => setTimeout(resolve, 4 * AGAIN_MS));
    const after = this.#cpuS();
    return { elapsedMs, cpuS: before === undefined || after === undefined ? undefined : after - before };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  /** Of every child that this process and sshd have waited for. */
  #cpuS(): number | undefined {
    const [own, server] = [childrenCpuS('self'), childrenCpuS(`${this.#child.pid}`)];
    return own === undefined || server === undefined ? undefined : own + server;
  }

  async #listens(): Promise<boolean> {
    const until = performance.now() + START_MS;
    while (performance.now() < until && this.#child.exitCode === null && this.#child.pid !== undefined) {
      if (await answers(this.#port)) return true;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    return false;
  }
}

function settings(folder: string, port: number): string {
  const lines = {
    ListenAddress: '127.0.0.1',
    Port: port,
    HostKey: join(folder, 'host'),
    AuthorizedKeysFile: join(folder, 'authorized'),
    PidFile: 'none',
    UsePAM: 'no',
    // The folder is below the one for temporary files, which everybody may write to.
    StrictModes: 'no',
    PasswordAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
    Ciphers: CIPHER,
    Subsystem: 'sftp internal-sftp',
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** sshd cannot be told to take any port: one that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** proc_pid_stat(5): cutime and cstime, in ticks of which Linux shows 100 a second everywhere. */
function childrenCpuS(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return undefined;
  }
}
