/**
 * Files that both sides of a merge in a git repository changed: their base, both sides, and what `git merge-file` makes
 * of these. Only committed files are read; nothing of the repository is run.
 */
import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { textOf } from '@evermesh/core';

const run = promisify(execFile);

export interface MergeCase {
  readonly path: string;
  readonly base: string;
  readonly left: string;
  readonly right: string;
  /** What git made of it; nothing where it found a conflict. */
  readonly merged: string | undefined;
}

type Path = string;
type Blob = string;

/** At most `limit` cases from the newest merges of two commits with one common ancestor, one text file a case. */
export async function* gitCases(
  repository: string,
  limit: number,
  scratch: string,
): AsyncGenerator<MergeCase> {
  let found = 0;
  for (const [left, right] of merges(repository)) {
    const bases = (await git(repository, 'merge-base', '--all', left, right).catch(() => ''))
      .split('\n')
      .filter(Boolean);
    const [base] = bases;
    // Where histories crossed, git merges the ancestors first: there is no text that both sides began with.
    if (base === undefined || bases.length > 1) continue;
    const [changed, others] = [await changes(repository, base, left), await changes(repository, base, right)];
    for (const [path, [from, mine]] of changed) {
      const theirs = others.get(path)?.[1];
      if (theirs === undefined || theirs === mine) continue;
      const texts = [from, mine, theirs].map((blob) => textIn(repository, blob));
      const [baseText, leftText, rightText] = texts;
      if (baseText === undefined || leftText === undefined || rightText === undefined) continue;
      const merged = await mergeFile(scratch, baseText, leftText, rightText);
      yield { path, base: baseText, left: leftText, right: rightText, merged };
      found += 1;
      if (found === limit) return;
    }
  }
}

function merges(repository: string): [string, string][] {
  const list = ['rev-list', '--all', '--parents', '--min-parents=2', '--max-parents=2'];
  const lines = execFileSync('git', ['-C', repository, ...list], { encoding: 'utf8', maxBuffer: MOST });
  return lines.split('\n').flatMap((line) => {
    const [, left, right] = line.split(' ');
    return left === undefined || right === undefined ? [] : [[left, right]];
  });
}

/** Files that are there before and after: their blobs. */
async function changes(repository: string, from: string, to: string): Promise<Map<Path, [Blob, Blob]>> {
  const lines = await git(repository, 'diff-tree', '-r', '-z', '--no-renames', '--diff-filter=M', from, to);
  const fields = lines.split('\0');
  const found = new Map<Path, [Blob, Blob]>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode, before, after] = (fields[at] as string).split(' ');
    const isFile = mode?.startsWith('100') === true;
    if (isFile && before !== undefined && after !== undefined)
      found.set(fields[at + 1] as string, [before, after]);
  }
  return found;
}

/** Nothing if it is no text, or missing from a repository that is not whole. */
function textIn(repository: string, blob: Blob): string | undefined {
  try {
    const asked = ['-C', repository, 'cat-file', 'blob', blob];
    return textOf(execFileSync('git', asked, { maxBuffer: MOST, stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}

async function mergeFile(
  scratch: string,
  base: string,
  left: string,
  right: string,
): Promise<string | undefined> {
  const names = ['left', 'base', 'right'].map((name) => join(scratch, name));
  await Promise.all([left, base, right].map((text, i) => writeFile(names[i] as string, text)));
  try {
    return await git(scratch, 'merge-file', '-p', '-q', ...names);
  } catch (error) {
    // It says the number of conflicts.
    if (typeof (error as { code?: unknown }).code === 'number') return undefined;
    throw error;
  }
}

/** Bytes of what git may say. */
const MOST = 1 << 28;

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  return (await run('git', ['-C', directory, ...args], { maxBuffer: MOST })).stdout;
}
