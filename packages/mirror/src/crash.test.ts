/**
 * The power goes at every step: before each change of the disk and each commit of the store, in the middle of a write.
 * PROP_RUNS of 1,000 and more tries every step, fewer try every so many.
 */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { exchange, inFolder, onDisk, settleAll, TestDevice } from './testing/test-device.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 40);

const LINES = 'one\ntwo\nthree\nfour\nfive\nsix\n';

/** Two devices in step, and then a change of every kind that waits at the other, of which `b` knows by records only. */
async function devices(): Promise<[TestDevice, TestDevice]> {
  const [a, b] = await TestDevice.pair();
  for (const name of [
    'edited',
    'merged',
    'removed',
    'swap-1',
    'swap-2',
    'replaced',
    'replacing',
    'saved',
    'gone',
  ]) {
    await a.write(name, `${name}\n${LINES}`);
  }
  await a.write('script', '#!\n');
  await a.write('data', Uint8Array.of(0, 1));
  await a.write('moved/below/file', LINES);
  await a.write('removed-directory/below/file', LINES);
  await fs.symlink('edited', a.at('link'));
  await settleAll(a, b);
  await a.write('edited', `edited\n${LINES}by a\n`);
  await a.write('merged', `merged\nby a\n${LINES}`);
  await a.write('data', Uint8Array.of(0, 1, 2));
  await a.write('made/below/file', 'made by a\n');
  await fs.rm(a.at('removed'));
  await fs.rm(a.at('removed-directory'), { recursive: true });
  await fs.rename(a.at('moved'), a.at('made/moved'));
  await fs.rename(a.at('swap-1'), a.at('swap'));
  await fs.rename(a.at('swap-2'), a.at('swap-1'));
  await fs.rename(a.at('swap'), a.at('swap-2'));
  await fs.rename(a.at('replacing'), a.at('replaced'));
  await fs.chmod(a.at('script'), 0o755);
  await fs.rm(a.at('link'));
  await fs.symlink('merged', a.at('link'));
  await a.settle();
  await exchange(a, b);
  // And what a person did on this disk meanwhile.
  await b.write('merged', `merged\n${LINES}by b\n`);
  await b.write('saved', `saved\n${LINES}by b\n`);
  await b.write('new', 'made by b\n');
  await fs.rm(b.at('gone'));
  await b.closeMirror();
  return [a, b];
}

const EXPECTED: Record<string, string> = {
  data: '\0\u0001\u0002',
  edited: `edited\n${LINES}by a\n`,
  link: '-> merged',
  made: '/',
  'made/below': '/',
  'made/below/file': 'made by a\n',
  'made/moved': '/',
  'made/moved/below': '/',
  'made/moved/below/file': LINES,
  merged: `merged\nby a\n${LINES}by b\n`,
  new: 'made by b\n',
  replaced: `replacing\n${LINES}`,
  saved: `saved\n${LINES}by b\n`,
  script: '#!\n',
  'swap-1': `swap-2\n${LINES}`,
  'swap-2': `swap-1\n${LINES}`,
};

/** How many steps a settling takes that nothing interrupts. */
async function steps(): Promise<number> {
  const [a, b] = await devices();
  b.fuse.blowAfter(Infinity);
  await b.settle();
  const count = b.fuse.steps.length;
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual(EXPECTED);
  await a.end();
  await b.end();
  return count;
}

async function crashAfter(count: number): Promise<void> {
  const [a, b] = await devices();
  b.fuse.blowAfter(count);
  await b.settle().catch(() => undefined);
  expect(b.fuse.isBlown).toBe(true);
  const where = `after step ${count}, before ${b.fuse.steps.at(-1)}`;
  const left = await onDisk(b);
  expect([`edited\n${LINES}`, EXPECTED['edited']], where).toContain(left['edited']);
  expect(['\0\u0001', EXPECTED['data']], where).toContain(left['data']);
  expect([`replaced\n${LINES}`, EXPECTED['replaced']], where).toContain(left['replaced']);
  expect([`merged\n${LINES}by b\n`, EXPECTED['merged']], where).toContain(left['merged']);
  await b.crash();
  await b.settle();
  expect(await onDisk(b), where).toEqual(EXPECTED);
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device), where).toEqual(EXPECTED);
    expect(await inFolder(device), where).toEqual(EXPECTED);
    expect(await device.settle(), where).toBe(0);
    expect(await device.mirror.verify(), where).toEqual([]);
    expect(await fs.readdir(device.at('.evermesh/tmp')), where).toEqual([]);
    expect(device.mirror.status().problems, where).toEqual([]);
  }
  expect((await fs.stat(b.at('script'))).mode & 0o111, where).toBe(0o111);
  await a.end();
  await b.end();
}

test('a crash at any step leaves old or new contents, and what follows settles as if it had not been', async () => {
  const count = await steps();
  expect(count).toBeGreaterThan(60);
  const stride = RUNS >= 1000 ? 1 : Math.max(1, Math.round(count / RUNS));
  for (let step = 0; step < count; step += stride) await crashAfter(step);
}, 300_000);

test('a crash at any step of a first joining doubles nothing and loses nothing', async () => {
  const begin = async (): Promise<[TestDevice, TestDevice]> => {
    const [a, b] = await TestDevice.pair();
    await a.write('both/same', 'same\n');
    await a.write('both/other', 'of a\n');
    await a.write('only/a', 'a\n');
    await a.write('version', 'one\n');
    await a.settle();
    await a.write('version', 'one\ntwo\n');
    await a.settle();
    await exchange(a, b);
    await b.write('both/same', 'same\n');
    await b.write('both/other', 'of b\n');
    await b.write('only/b', 'b\n');
    await b.write('version', 'one\n');
    return [a, b];
  };
  const end = async (a: TestDevice, b: TestDevice, where: string): Promise<void> => {
    await settleAll(a, b);
    for (const device of [a, b]) {
      const shown = await onDisk(device);
      expect(shown, where).toMatchObject({
        'both/same': 'same\n',
        'only/a': 'a\n',
        'only/b': 'b\n',
        version: 'one\ntwo\n',
      });
      const others = Object.entries(shown).filter(([path]) => path.startsWith('both/other'));
      expect(others.map(([, text]) => text).sort(), where).toEqual(['of a\n', 'of b\n']);
      expect(Object.keys(shown), where).toHaveLength(8);
      expect(await inFolder(device), where).toEqual(shown);
      expect(await device.settle(), where).toBe(0);
    }
    await a.end();
    await b.end();
  };
  const [a, b] = await begin();
  b.fuse.blowAfter(Infinity);
  await b.settle();
  const count = b.fuse.steps.length;
  await end(a, b, 'without a crash');
  for (let step = 0; step < count; step += RUNS >= 1000 ? 1 : Math.max(1, Math.round(count / RUNS))) {
    const [one, two] = await begin();
    two.fuse.blowAfter(step);
    await two.settle().catch(() => undefined);
    await two.crash();
    await end(one, two, `after step ${step}, before ${two.fuse.steps.at(-1)}`);
  }
}, 300_000);
