/** What must be true after a recovery. Each check throws with what it found instead. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readTree, type Tree } from '../support/tree.ts';
import type { KilledDevice, KilledRelay } from './kill-world.ts';

const OWN_FILES = ['README.txt', 'folder.json', 'tmp', 'trash'];
/** What was being written and had no intent yet, so that the mirror would not vouch for it. */
const UNFINISHED = /^[^/]+(?:\/unfinished(?:\/[0-9a-f]+)?)?$/;
/** Differences that are printed. */
const SHOWN = 20;

export async function expectTree(device: KilledDevice, expected: Tree): Promise<void> {
  const differences = compare(expected, await readTree(device.directory));
  if (differences.length > 0)
    throw differing(`${device.name}'s directory is not what it should be`, differences);
}

/** In the middle of a first sync: what is there already is there whole. */
export async function expectPartOf(device: KilledDevice, whole: Tree): Promise<number> {
  const part = await readTree(device.directory);
  const differences = compare(part, whole).filter((line) => !line.startsWith('too much'));
  if (differences.length > 0)
    throw differing(`${device.name} was killed and left something torn`, differences);
  return Object.keys(part).length;
}

/**
 * Of devices and a relay that have stopped.
 * @param damaged whether the disk may have lost contents, so that the mirror had some to put into its trash
 */
export async function expectNothingLeftOver(
  devices: readonly KilledDevice[],
  relay: KilledRelay,
  damaged = false,
): Promise<void> {
  for (const { name, directory, temporaries } of devices) {
    expectEmpty(`${name}'s directory for temporaries`, await readdir(temporaries));
    const own = await readdir(join(directory, '.evermesh'));
    expectEmpty(
      `${name}'s .evermesh`,
      own.filter((file) => !OWN_FILES.includes(file)),
    );
    if (damaged || !own.includes('trash')) continue;
    const trash = await readdir(join(directory, '.evermesh', 'trash'), { recursive: true });
    expectEmpty(
      `${name}'s trash`,
      trash.filter((path) => !UNFINISHED.test(path)),
    );
  }
  for (const { name, data } of [...devices, relay])
    expectEmpty(`what ${name} uploaded or fetched in part`, await readdir(join(data, 'blobs', 'partial')));
}

export async function expectVerified(devices: readonly KilledDevice[]): Promise<void> {
  await Promise.all(devices.map((device) => device.verify()));
}

function compare(expected: Tree, found: Tree): string[] {
  const paths = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...paths].flatMap((path) => {
    if (found[path] === undefined) return [`missing: ${path}`];
    if (expected[path] === undefined) return [`too much: ${path}`];
    if (expected[path] === found[path]) return [];
    return [`${path}: ${found[path]} instead of ${expected[path]}`];
  });
}

function expectEmpty(what: string, left: readonly string[]): void {
  if (left.length > 0) throw differing(`Something is left in ${what}`, left);
}

function differing(what: string, differences: readonly string[]): Error {
  const more = differences.length > SHOWN ? `\n  and ${differences.length - SHOWN} more` : '';
  return new Error(`${what}:\n  ${differences.slice(0, SHOWN).join('\n  ')}${more}`);
}
