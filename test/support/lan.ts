/**
 * Hosts of their own on one machine: network namespaces on a bridge, each with its address. Needs root and
 * Debian's iproute2. Only what was made here is touched, and `close` takes it away.
 */
import { execFileSync } from 'node:child_process';

let made = 0;

export interface Host {
  readonly name: string;
  readonly address: string;
  /** Runs a command on that host. */
  readonly within: readonly string[];
}

/** Whether this machine lets us; the reason is printed once where not. */
export function canMakeHosts(): boolean {
  const probe = `nt${process.pid}probe`;
  try {
    ip('netns', 'add', probe);
    ip('netns', 'del', probe);
    return true;
  } catch (error) {
    console.warn(`No network namespaces (root and iproute2 are needed): ${String(error).split('\n')[0]}`);
    return false;
  }
}

export class Lan {
  readonly hosts: Host[] = [];
  readonly #id = `${process.pid % 100_000}${made++}`;
  readonly #bridges: string[] = [];

  constructor(count: number) {
    this.#bridge(0);
    for (let index = 0; index < count; index++) this.#add(index);
  }

  /** From now on these hosts reach each other alone. */
  cut(...indexes: readonly number[]): void {
    const bridge = this.#bridge(this.#bridges.length);
    for (const index of indexes) ip('link', 'set', this.#port(index), 'master', bridge);
  }

  /** Everybody is on one network again. */
  heal(): void {
    const [bridge = ''] = this.#bridges;
    for (const index of this.hosts.keys()) ip('link', 'set', this.#port(index), 'master', bridge);
  }

  /** Gives a host another address, as a laptop gets one in another room. */
  move(index: number, address: string): void {
    const { name } = this.#host(index);
    ip('-n', name, 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
    ip('-n', name, 'addr', 'add', `${address}/16`, 'brd', '+', 'dev', 'eth0');
    ip('-n', name, 'route', 'replace', 'default', 'dev', 'eth0');
  }

  close(): void {
    for (const { name } of this.hosts) ip('netns', 'del', name);
    for (const bridge of this.#bridges) ip('link', 'del', bridge);
  }

  #host(index: number): Host {
    const host = this.hosts[index];
    if (host === undefined) throw new RangeError(`no host ${index}`);
    return host;
  }

  #port(index: number): string {
    return `nt${this.#id}v${index}`;
  }

  #bridge(index: number): string {
    const name = `nt${this.#id}b${index}`;
    // Without querier on it, snooping would forget who listens to multicast.
    ip('link', 'add', name, 'type', 'bridge', 'mcast_snooping', '0', 'forward_delay', '0');
    ip('link', 'set', name, 'up');
    this.#bridges.push(name);
    return name;
  }

  #add(index: number): void {
    const name = `nt${this.#id}h${index}`;
    const address = `10.77.${index}.1`;
    ip('netns', 'add', name);
    ip('link', 'add', this.#port(index), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('link', 'set', this.#port(index), 'master', this.#bridges[0] ?? '', 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    this.hosts.push({ name, address, within: ['ip', 'netns', 'exec', name] });
    this.move(index, address);
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
