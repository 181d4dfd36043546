import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { link } from 'node:fs/promises';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DownloadFolder, defaultDownloads } from '../../src/store/download-folder.js';
import { temporaryFolder } from './support.js';

// A disk without hard links is played by a `link` that refuses.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, link: vi.fn(real.link) };
});
const realLink = vi.mocked(link).getMockImplementation();

afterEach(() => {
  if (realLink !== undefined) vi.mocked(link).mockImplementation(realLink);
});

function withoutLinks(): void {
  vi.mocked(link).mockRejectedValue(Object.assign(new Error('no links here'), { code: 'EPERM' }));
}

let ids = 0;
/** A whole file that waits for its name. */
function received(downloads: DownloadFolder, content = 'content'): string {
  const path = downloads.partial((++ids).toString(16).padStart(32, '0'));
  writeFileSync(path, content, { mode: 0o700 });
  return path;
}

const open = (): DownloadFolder => new DownloadFolder(join(temporaryFolder(), 'in', 'Downloads'));

describe.each([
  ['with hard links', () => undefined],
  ['without hard links', withoutLinks],
])('the downloads folder on a disk %s', (_, prepare) => {
  it('gives a whole file its name, with everybody’s rights and no right to be run', async () => {
    prepare();
    const downloads = open();
    const path = await downloads.place(received(downloads), 'photo.png');
    expect(path).toBe(join(downloads.folder, 'photo.png'));
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(readdirSync(downloads.folder)).toEqual(['photo.png']);
  });

  it('replaces and follows nothing that bears the name already', async () => {
    prepare();
    const downloads = open();
    const outside = join(temporaryFolder(), 'precious');
    writeFileSync(outside, 'precious');
    symlinkSync(outside, join(downloads.folder, 'link.txt'));
    symlinkSync(join(temporaryFolder(), 'nowhere'), join(downloads.folder, 'dangling.txt'));
    mkdirSync(join(downloads.folder, 'folder.txt'));
    writeFileSync(join(downloads.folder, 'file.txt'), 'mine');
    for (const name of ['link', 'dangling', 'folder', 'file']) {
      const path = await downloads.place(received(downloads, name), `${name}.txt`);
      expect(path).toBe(join(downloads.folder, `${name} (2).txt`));
      expect(readFileSync(path, 'utf8')).toBe(name);
    }
    expect(readFileSync(outside, 'utf8')).toBe('precious');
    expect(readFileSync(join(downloads.folder, 'file.txt'), 'utf8')).toBe('mine');
    expect(lstatSync(join(downloads.folder, 'link.txt')).isSymbolicLink()).toBe(true);
  });

  it('finds a name of its own for each of many that come at once', async () => {
    prepare();
    const downloads = open();
    const paths = await Promise.all(
      Array.from({ length: 30 }, (_, index) => downloads.place(received(downloads, `${index}`), 'a.txt')),
    );
    expect(new Set(paths).size).toBe(30);
    for (const [index, path] of paths.entries()) expect(readFileSync(path, 'utf8')).toBe(`${index}`);
    expect(readdirSync(downloads.folder)).toHaveLength(30);
  });
});

describe('the downloads folder', () => {
  it('finds the name it gave when the process died before the partial file was gone', async () => {
    const downloads = open();
    writeFileSync(join(downloads.folder, 'a.txt'), 'of somebody else');
    const partial = received(downloads);
    const died = () => {
      throw new Error('died');
    };
    await expect(downloads.place(partial, 'a.txt', died)).rejects.toThrow('died');
    expect(readdirSync(downloads.folder).sort()).toEqual([basename(partial), 'a (2).txt', 'a.txt']);
    expect(basename(await downloads.place(partial, 'a.txt'))).toBe('a (2).txt');
    expect(readdirSync(downloads.folder).sort()).toEqual(['a (2).txt', 'a.txt']);
  });

  it('is quick where a thousand files have the name already', async () => {
    const downloads = open();
    for (let number = 2; number <= 1_000; number++)
      writeFileSync(join(downloads.folder, `a (${number}).txt`), '');
    writeFileSync(join(downloads.folder, 'a.txt'), '');
    const path = await downloads.place(received(downloads), 'a.txt');
    expect(basename(path)).toBe('a (1001).txt');
    expect(vi.mocked(link).mock.calls.filter(([, to]) => `${to}`.startsWith(downloads.folder))).toHaveLength(
      2,
    );
  });

  it.each([
    ['../../outside.txt', 'outside.txt'],
    ['..\\..\\outside.txt', 'outside.txt'],
    ['/etc/passwd', 'passwd'],
    ['.bashrc', 'bashrc'],
    ['CON.txt', '_CON.txt'],
    ['a\0b', 'ab'],
    ['..', 'file'],
    ['', 'file'],
    [`${'a'.repeat(5_000)}.txt`, `${'a'.repeat(196)}.txt`],
  ])('holds what is called %j', async (raw, name) => {
    const downloads = open();
    expect(await downloads.place(received(downloads), raw)).toBe(join(downloads.folder, name));
    expect(readdirSync(downloads.folder)).toEqual([name]);
  });

  it('holds whatever a file may be called, and nothing lands elsewhere', async () => {
    const parent = temporaryFolder();
    const downloads = new DownloadFolder(join(parent, 'Downloads'));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (raw) => {
        const path = await downloads.place(received(downloads), raw);
        expect(readdirSync(downloads.folder)).toContain(basename(path));
      }),
      { seed: 3, numRuns: 60 },
    );
    expect(readdirSync(parent)).toEqual(['Downloads']);
    expect(readdirSync(downloads.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('takes a shorter name where the disk wants one', async () => {
    const downloads = open();
    vi.mocked(link).mockImplementation(async (from, to) => {
      if (Buffer.byteLength(basename(`${to}`)) > 143)
        throw Object.assign(new Error('too long'), { code: 'ENAMETOOLONG' });
      await realLink?.(from, to);
    });
    const path = await downloads.place(received(downloads), `${'a'.repeat(200)}.tar.gz`);
    expect(basename(path)).toBe(`${'a'.repeat(93)}.tar.gz`);
  });

  it('takes only hex digits for an id, and only its own partial files', async () => {
    const downloads = open();
    expect(basename(downloads.partial('00ff00ff'))).toBe('.natter-00ff00ff.part');
    for (const id of ['', '../../x', 'ABCDEF00', '00ff00ff/', `${'0'.repeat(65)}`])
      expect(() => downloads.partial(id)).toThrow(RangeError);
    const elsewhere = join(temporaryFolder(), '.natter-00ff00ff.part');
    writeFileSync(elsewhere, 'x');
    await expect(downloads.place(elsewhere, 'a')).rejects.toThrow(RangeError);
    expect(existsSync(elsewhere)).toBe(true);
  });

  it('does not give a name to what a symbolic link points to', async () => {
    const downloads = open();
    const secret = join(temporaryFolder(), 'secret');
    writeFileSync(secret, 'secret');
    const partial = downloads.partial('00ff00ff');
    symlinkSync(secret, partial);
    await expect(downloads.place(partial, 'a.txt')).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    expect(existsSync(join(downloads.folder, 'a.txt'))).toBe(false);
  });

  it('does nothing in another folder that was put in its place', async () => {
    const downloads = open();
    const partial = received(downloads);
    const other = temporaryFolder();
    writeFileSync(join(other, basename(partial)), 'not ours');
    renameSync(downloads.folder, `${downloads.folder}.old`);
    symlinkSync(other, downloads.folder);
    await expect(downloads.place(partial, 'a.txt')).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    expect(readdirSync(other)).toEqual([basename(partial)]);
  });

  it('goes on in a folder that was taken away and made anew', async () => {
    const downloads = open();
    rmSync(downloads.folder, { recursive: true });
    mkdirSync(downloads.folder);
    expect(await downloads.place(received(downloads), 'a.txt')).toBe(join(downloads.folder, 'a.txt'));
  });

  it('reports no name that went to another folder, swapped in while it was given', async () => {
    const downloads = open();
    const partial = received(downloads);
    const other = temporaryFolder();
    writeFileSync(join(other, basename(partial)), 'not ours');
    vi.mocked(link).mockImplementationOnce(async (from, to) => {
      renameSync(downloads.folder, `${downloads.folder}.old`);
      symlinkSync(other, downloads.folder);
      await realLink?.(from, to);
    });
    await expect(downloads.place(partial, 'a.txt')).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    expect(readFileSync(join(`${downloads.folder}.old`, basename(partial)), 'utf8')).toBe('content');
    expect(readFileSync(join(other, basename(partial)), 'utf8')).toBe('not ours');
  });

  it('keeps the partial file when it cannot be named', async () => {
    const downloads = open();
    const partial = received(downloads);
    vi.mocked(link).mockRejectedValue(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    await expect(downloads.place(partial, 'a.txt')).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readFileSync(partial, 'utf8')).toBe('content');
    expect(readdirSync(downloads.folder)).toEqual([basename(partial)]);
  });

  it('is refused where no file can be made, in a sentence that names it', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    for (const folder of [file, join(file, 'below'), '/proc/natter'])
      expect(() => new DownloadFolder(folder)).toThrow(
        expect.objectContaining({ code: 'DATA_UNWRITABLE', message: expect.stringContaining(folder) }),
      );
  });

  // Root may write whatever the bits say.
  it.skipIf(process.getuid?.() === 0)('is refused where it may only be read', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expect(() => new DownloadFolder(folder)).toThrow(expect.objectContaining({ code: 'DATA_UNWRITABLE' }));
    chmodSync(folder, 0o700);
  });

  it('says how much still fits', async () => {
    expect(await open().freeBytes()).toBeGreaterThan(0);
  });
});

describe('the place for downloads', () => {
  const at = (home: string, platform: NodeJS.Platform = 'linux') => ({ home, platform, environment: {} });

  it('is what the desktop says, else Downloads, else the home folder', () => {
    const home = temporaryFolder();
    expect(defaultDownloads(at(home))).toBe(home);
    mkdirSync(join(home, 'Downloads'));
    expect(defaultDownloads(at(home))).toBe(join(home, 'Downloads'));
    mkdirSync(join(home, '.config'));
    mkdirSync(join(home, 'Téléchargements'));
    writeFileSync(join(home, '.config', 'user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="$HOME/Téléchargements"\n');
    expect(defaultDownloads(at(home))).toBe(join(home, 'Téléchargements'));
    expect(defaultDownloads(at(home, 'darwin'))).toBe(join(home, 'Downloads'));
    writeFileSync(join(home, '.config', 'user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="relative"\n');
    expect(defaultDownloads(at(home))).toBe(join(home, 'Downloads'));
  });

  it('is an absolute folder wherever this runs', () => {
    expect(statSync(defaultDownloads()).isDirectory()).toBe(true);
  });
});
