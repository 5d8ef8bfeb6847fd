/**
 * A copy of the product with its simulator, to be broken: the sources and what is built of them. Dependencies are linked; the
 * packages of this repository are the copy's own.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const REPOSITORY = join(import.meta.dirname, '../..');
/** What the simulator is made of. */
const PACKAGES = ['core', 'mirror', 'server', 'testkit'];
/** The program that runs in a copy, importing what is built there. */
export const HUNT = 'hunt.ts';
/** Another, which imports the sources by their paths. */
export const HUNT_TREE = 'test/mutants/hunt-tree.ts';

/** Copies the sources into `directory`, which is not there yet, and builds them. */
export async function copyProduct(directory: string): Promise<void> {
  const modules = join(directory, 'node_modules');
  await mkdir(join(modules, '@evermesh'), { recursive: true });
  await linkAll(join(REPOSITORY, 'node_modules'), modules);
  for (const name of PACKAGES) {
    const from = join(REPOSITORY, 'packages', name);
    const to = join(directory, 'packages', name);
    for (const part of ['src', 'package.json', 'tsconfig.json'])
      await cp(join(from, part), join(to, part), { recursive: true });
    await symlink(`../../packages/${name}`, join(modules, '@evermesh', name));
    await mkdir(join(to, 'node_modules'));
    await linkAll(join(from, 'node_modules'), join(to, 'node_modules'));
  }
  for (const file of ['package.json', 'tsconfig.base.json'])
    await cp(join(REPOSITORY, file), join(directory, file));
  await cp(join(import.meta.dirname, HUNT), join(directory, HUNT));
  await mkdir(join(directory, 'test/mutants'), { recursive: true });
  await cp(join(REPOSITORY, HUNT_TREE), join(directory, HUNT_TREE));
  await build(directory);
}

/**
 * Copies what `copyProduct` made, with a patch applied, and builds it.
 * @throws what `git apply` or the compiler says
 */
export async function copyBroken(product: string, directory: string, patch: string): Promise<void> {
  await cp(product, directory, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  await applyPatch(directory, patch);
  await build(directory);
}

/** @throws what `git apply` says, for one that does not fit: moved lines are found, changed ones are not */
export async function applyPatch(directory: string, patch: string, { check = false } = {}): Promise<void> {
  // Told that there is no repository: in one above, paths would be taken from its root.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: join(directory, '..') };
  await run('git', ['apply', ...(check ? ['--check'] : []), patch], { cwd: directory, env });
}

async function build(directory: string): Promise<void> {
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [tsc, '-b', 'packages/testkit'], { cwd: directory });
  } catch (error) {
    throw new Error(`It does not compile.\n${(error as { stdout?: string }).stdout ?? ''}`, { cause: error });
  }
}

async function linkAll(from: string, to: string): Promise<void> {
  const names = await readdir(from).catch(() => []);
  for (const name of names.filter((one) => one !== '@evermesh' && one !== '.cache'))
    await symlink(join(from, name), join(to, name));
}
