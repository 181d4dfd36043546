/**
 * Looks through an LMDB file before it is mapped. LMDB trusts its pages: one beyond the end of a truncated
 * file ends the process with SIGBUS, a garbled one with SIGSEGV or an assertion. So the trees are walked
 * here with plain reads first, and what cannot be right is refused with its reason.
 *
 *   page   number u64 | transaction u64 | pad u16 | flags u16 | lower u16, upper u16 (or: pages u32) | ...
 *   meta   page header | magic u32 | version u32 | address u64 | map size u64 | free db | main db | last page u64 | transaction u64
 *   db     page size u32 (free db only) | flags u16 | depth u16 | branch, leaf, overflow pages, entries u64 | root u64
 *   node   low u16 | high u16 | flags u16 | key size u16 | key | data
 *
 * Numbers are in the byte order of the machine that wrote them (all that Node runs on are little-endian).
 * Layout: `struct MDB_page_header`, `MDB_meta`, `MDB_db` and `MDB_node` in lmdb's mdb.c, data version 2.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { corrupt } from './faults.js';

const HEADER_BYTES = 24;
const META_MAGIC = 0xbeefc0de;
const META_VERSION = 2;
const DB_BYTES = 48;
const FREE_DB_AT = HEADER_BYTES + 24;
const MAIN_DB_AT = FREE_DB_AT + DB_BYTES;
const TRANSACTION_AT = MAIN_DB_AT + DB_BYTES + 8;
const META_BYTES = TRANSACTION_AT + 8;
const ROOT_AT = 40;
const NODE_BYTES = 8;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

const PageFlag = { Branch: 0x01, Leaf: 0x02, Overflow: 0x04, Meta: 0x08, Leaf2: 0x20 } as const;
const NodeFlag = { Overflow: 0x01, SubDatabase: 0x02 } as const;
const DEPTH_MAX = 32;
/** Leaves are looked at up to this many (256 MiB of 4 KiB pages), so that opening stays a matter of a second. */
const LEAVES_MAX = 65_536;

class Damage extends Error {}

/** @throws NatterError DATA_CORRUPT naming the file and the page. */
export function checkPages(path: string): void {
  const handle = openSync(path, 'r');
  try {
    new PageWalk(handle).run();
  } catch (error) {
    if (error instanceof Damage) throw corrupt(path, error.message);
    throw error;
  } finally {
    closeSync(handle);
  }
}

class PageWalk {
  readonly #handle: number;
  readonly #size: number;
  #pageBytes = 4096;
  #leaves = 0;
  readonly #seen = new Set<number>();

  constructor(handle: number) {
    this.#handle = handle;
    this.#size = fstatSync(handle).size;
  }

  run(): void {
    // An empty file is one that was created and never written: LMDB fills it.
    if (this.#size === 0) return;
    const first = this.#meta(0);
    this.#pageBytes = first.readUInt32LE(FREE_DB_AT);
    if (this.#pageBytes < 512 || this.#pageBytes > 65_536 || (this.#pageBytes & (this.#pageBytes - 1)) !== 0)
      throw new Damage(`page size ${this.#pageBytes}`);
    const second = this.#meta(this.#pageBytes);
    const newer = second.readBigUInt64LE(TRANSACTION_AT) > first.readBigUInt64LE(TRANSACTION_AT);
    const meta = newer ? second : first;
    for (const at of [FREE_DB_AT, MAIN_DB_AT]) this.#tree(meta, at);
  }

  #meta(position: number): Buffer {
    const meta = Buffer.alloc(META_BYTES);
    const read = readSync(this.#handle, meta, 0, META_BYTES, position);
    if (read < META_BYTES) throw new Damage('truncated within its header');
    if ((meta.readUInt16LE(18) & PageFlag.Meta) === 0 || meta.readUInt32LE(HEADER_BYTES) !== META_MAGIC)
      throw new Damage('not an LMDB file, or its header is garbled');
    const version = meta.readUInt32LE(HEADER_BYTES + 4) & 0xffff;
    if (version !== META_VERSION) throw new Damage(`LMDB data version ${version}`);
    return meta;
  }

  /** Walks the tree whose MDB_db stands at `at`. */
  #tree(buffer: Buffer, at: number): void {
    const depth = buffer.readUInt16LE(at + 6);
    const root = buffer.readBigUInt64LE(at + ROOT_AT);
    if (root === NO_PAGE) return;
    if (depth === 0 || depth > DEPTH_MAX) throw new Damage(`a tree of depth ${depth}`);
    this.#page(root, depth);
  }

  #page(number: bigint, depth: number): void {
    const pageNumber = this.#within(number, 1);
    const leaf = depth === 1;
    if (leaf && ++this.#leaves > LEAVES_MAX) return;
    const page = Buffer.allocUnsafe(this.#pageBytes);
    if (readSync(this.#handle, page, 0, page.length, pageNumber * this.#pageBytes) !== page.length)
      throw new Damage(`page ${pageNumber} cannot be read`);
    if (page.readBigUInt64LE(0) !== number) throw new Damage(`page ${pageNumber} has another number in it`);
    const flags = page.readUInt16LE(18);
    if ((flags & (leaf ? PageFlag.Leaf : PageFlag.Branch)) === 0 || (flags & PageFlag.Meta) !== 0)
      throw new Damage(`page ${pageNumber} is no ${leaf ? 'leaf' : 'branch'}`);
    if ((flags & PageFlag.Leaf2) !== 0) return;
    this.#nodes(page, pageNumber, depth);
  }

  #nodes(page: Buffer, pageNumber: number, depth: number): void {
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    const room = page.length - HEADER_BYTES;
    if (lower > upper || upper > room || lower % 2 !== 0)
      throw new Damage(`page ${pageNumber} has impossible bounds`);
    const leaf = depth === 1;
    for (let index = 0; index < lower / 2; index++) {
      const offset = page.readUInt16LE(HEADER_BYTES + index * 2);
      const at = HEADER_BYTES + offset;
      if (offset < upper || at + NODE_BYTES > page.length)
        throw new Damage(`page ${pageNumber} has a node outside of it`);
      const keyBytes = page.readUInt16LE(at + 6);
      const low = page.readUInt16LE(at) + page.readUInt16LE(at + 2) * 0x10000;
      const flags = page.readUInt16LE(at + 4);
      const data = at + NODE_BYTES + keyBytes;
      if (data > page.length) throw new Damage(`page ${pageNumber} has a key outside of it`);
      if (!leaf) this.#page(BigInt(low) + (BigInt(flags) << 32n), depth - 1);
      else this.#leafNode(page, pageNumber, data, low, flags);
    }
  }

  #leafNode(page: Buffer, pageNumber: number, at: number, size: number, flags: number): void {
    const inPage = (flags & NodeFlag.Overflow) !== 0 ? 8 : size;
    if (at + inPage > page.length) throw new Damage(`page ${pageNumber} has data outside of it`);
    if ((flags & NodeFlag.Overflow) !== 0)
      this.#within(page.readBigUInt64LE(at), Math.ceil((size + HEADER_BYTES) / this.#pageBytes));
    if ((flags & NodeFlag.SubDatabase) !== 0) {
      if (size < DB_BYTES) throw new Damage(`page ${pageNumber} has a damaged table`);
      this.#tree(page, at);
    }
  }

  /** Every page is reachable exactly once, and lies whole in the file. */
  #within(number: bigint, count: number): number {
    const end = (number + BigInt(count)) * BigInt(this.#pageBytes);
    if (number < 2n || end > BigInt(this.#size)) throw new Damage(`page ${number} is outside of the file`);
    const page = Number(number);
    if (this.#seen.has(page)) throw new Damage(`page ${page} is used twice`);
    this.#seen.add(page);
    return page;
  }
}
