/** The page for those who simulate their own application: its program runs, and finds the mistake that the page tells of. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { codeIn, readPage, REPOSITORY } from './support/pages.ts';

const PAGE = 'docs/guides/simulate-your-app.md';
const FROM_SOURCES = ['--conditions=@evermesh/source', '--import', import.meta.resolve('tsx')];

/** What the program says, after its exit code. */
async function said(program: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-app-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await symlink(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'program.mts'), program);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...FROM_SOURCES, 'program.mts'],
      { cwd: directory },
      (error, out, complaint) => resolve(`${error?.code ?? 0}: ${out}${complaint}`),
    );
  });
}

test('the program on the page counts every vote', async () => {
  const [program = ''] = codeIn(await readPage(PAGE), 'ts');
  expect(await said(program)).toBe('0: Every vote is counted.\n');
});

test('with the mistake that the page tells of it fails in the first world, and says what people did', async () => {
  const [program = '', mistake = ''] = codeIn(await readPage(PAGE), 'ts');
  const functions = /^\/\*\* Resolves when [^]*?(?=^\/\*\* The application)/m;
  expect(program).toMatch(functions);
  const wrong = mistake.replace(/^import .*\n/, '').replaceAll('export ', '');
  const told = await said(program.replace(functions, () => wrong));
  expect(told).toMatch(/^1: Seed 1 breaks app: \d+ of \d+ votes are kept, and \S+ counted\.\n/);
  expect(told.match(/ casts ballot /g)?.length).toBeLessThan(10);
});
