/**
 * The files of a first sync: three thousand of those that are installed here, small ones, so that there is more to be
 * killed in the middle of than the copying of bytes: texts, programs, links, binaries, and some of the texts packed.
 */
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const INSTALLED = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const FILES = 3000;
const PACKED = 100;
const PROGRAMS = 100;
const SMALL = 6_000;
/** Native libraries are of this size. */
const BINARY = 512 * 1024;
const IS_BINARY = /\.(?:node|png|jpg|ico|wasm)$/;

export interface SourceFiles {
  readonly directory: string;
  readonly bytes: number;
}

interface Found {
  readonly path: string;
  readonly size: number;
  readonly isProgram: boolean;
}

/** Copies them to `directory`. */
export async function copySourceFiles(directory: string): Promise<SourceFiles> {
  const { files, links } = await installed();
  const binaries = files.filter(({ path, size }) => IS_BINARY.test(path) && size <= BINARY);
  const small = files.filter(({ path, size }) => !IS_BINARY.test(path) && size <= SMALL);
  const programs = small.filter(({ isProgram }) => isProgram).slice(0, PROGRAMS);
  const texts = small.filter(({ isProgram }) => !isProgram);
  // Every n-th: from all packages, whatever the alphabet says.
  const wanted = FILES - PACKED - binaries.length - programs.length;
  const chosen = texts.filter((_, index) => (index * wanted) % texts.length < wanted);
  if (binaries.length === 0 || programs.length === 0 || links.length === 0 || texts.length < wanted) {
    throw new Error(
      `node_modules has ${texts.length} small texts, ${programs.length} programs, ${binaries.length} binaries and ` +
        `${links.length} links: not what is needed. Run npm ci.`,
    );
  }
  let bytes = 0;
  for (const { path, size } of [...binaries, ...programs, ...chosen]) {
    const target = await placeFor(directory, path);
    await copyFile(INSTALLED + path, target);
    bytes += size;
  }
  for (const { path } of programs) await chmod(join(directory, path), 0o755);
  for (const path of links) await symlink(await readlink(INSTALLED + path), await placeFor(directory, path));
  for (const { path } of chosen.slice(0, PACKED)) {
    const packed = gzipSync(await readFile(INSTALLED + path));
    await writeFile(await placeFor(directory, `packed/${path}.gz`), packed);
    bytes += packed.length;
  }
  return { directory, bytes };
}

async function placeFor(directory: string, path: string): Promise<string> {
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  return target;
}

async function installed(): Promise<{ readonly files: Found[]; readonly links: string[] }> {
  const files: Found[] = [];
  const links: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    for (const name of (await readdir(INSTALLED + directory)).sort()) {
      // Caches come and go while other programs run.
      if (name.startsWith('.') && name !== '.bin') continue;
      const path = directory + name;
      const stats = await lstat(INSTALLED + path);
      if (stats.isDirectory()) await walk(`${path}/`);
      else if (stats.isSymbolicLink() && path.startsWith('.bin/')) links.push(path);
      else if (stats.isFile()) files.push({ path, size: stats.size, isProgram: (stats.mode & 0o100) !== 0 });
    }
  };
  await walk('');
  return { files, links };
}
