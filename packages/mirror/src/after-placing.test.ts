/** What a person does to a file that a mirror put in its place and died before it could note that. */
import * as fs from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { testDevices } from './testing/devices.ts';
import { fusedFileSystem } from './testing/fuse.ts';
import { deliver, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

/** As editors save: beside, and over it. */
async function saveOver(device: TestDevice, path: string, content: string): Promise<void> {
  await fs.writeFile(device.at(`${path}~`), content);
  await fs.rename(device.at(`${path}~`), device.at(path));
}

/** A new file, and a new content of an old one, are on their way to the second device. */
async function underWay(): Promise<[TestDevice, TestDevice]> {
  const [a, b] = await devices.pair();
  await a.write('old', 'one\n');
  await settleAll(a, b);
  await a.write('old', 'one\narrived\n');
  await a.write('new', 'first\n');
  await a.settle();
  await deliver(a, b);
  return [a, b];
}

/** The second device died after, or just before, both were in their places. */
async function died(when: 'before' | 'after'): Promise<[TestDevice, TestDevice]> {
  const [a, b] = await underWay();
  b.fuse.blowAt(
    when === 'after' ? new RegExp(`^syncdir ${b.directory}$`) : /^(link|rename) .*\/(new|old)( |$)/,
  );
  await b.settle().catch(() => undefined);
  await b.crash();
  b.events.length = 0;
  expect(await onDisk(b)).toEqual(
    when === 'after' ? { new: 'first\n', old: 'one\narrived\n' } : { old: 'one\n' },
  );
  return [a, b];
}

async function comeToOne(a: TestDevice, b: TestDevice): Promise<Record<string, string>> {
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual(await onDisk(b));
  expect(await inFolder(a)).toEqual(await onDisk(a));
  expect(await fs.readdir(b.at('.evermesh/tmp'))).toEqual([]);
  return onDisk(a);
}

describe('in its place when the mirror died', () => {
  test.each([
    ['in place', (b: TestDevice, path: string, content: string) => b.write(path, content)],
    ['beside and over it', saveOver],
  ])('a content that is saved %s is told from what was put there', async (_, save) => {
    const [a, b] = await died('after');
    await save(b, 'new', 'first\nmine\n');
    await save(b, 'old', 'one\narrived\nmine\n');
    expect(await comeToOne(a, b)).toEqual({ new: 'first\nmine\n', old: 'one\narrived\nmine\n' });
    expect(b.changes('in').sort()).toEqual(['edited new', 'edited old']);
  });

  test('a file that is moved is moved', async () => {
    const [a, b] = await died('after');
    await fs.rename(b.at('new'), b.at('moved'));
    expect(await comeToOne(a, b)).toEqual({ moved: 'first\n', old: 'one\narrived\n' });
    expect(b.changes('in')).toEqual(['moved moved']);
  });

  test('a file that is removed is removed', async () => {
    const [a, b] = await died('after');
    await fs.rm(b.at('new'));
    await settleAll(a, b);
    b.clock.pass(60_000);
    expect(await comeToOne(a, b)).toEqual({ old: 'one\narrived\n' });
  });
});

test('what is saved before anything came to its place is told from what was there', async () => {
  const [a, b] = await died('before');
  await saveOver(b, 'old', 'mine\none\n');
  await saveOver(b, 'new', 'another\n');
  const found = await comeToOne(a, b);
  expect(found['old']).toBe('mine\none\narrived\n');
  expect(Object.values(found).sort()).toEqual(['another\n', 'first\n', 'mine\none\narrived\n']);
});

test('a mirror that dies again in its recovery takes nothing for placed that was not', async () => {
  const [, trial] = await died('before');
  trial.fuse.blowAfter(Infinity);
  await trial.settle();
  const steps = trial.fuse.steps.length;
  expect(steps).toBeGreaterThan(15);
  for (let step = 1; step < Math.min(steps, 30); step++) {
    const [a, b] = await died('before');
    await saveOver(b, 'old', 'mine\none\n');
    b.fuse.blowAfter(step);
    await b.settle().catch(() => undefined);
    await b.crash();
    expect((await comeToOne(a, b))['old']).toBe('mine\none\narrived\n');
    await a.end();
    await b.end();
  }
});

test('what is written to a file in the moment in which a newer content comes is taken once, at whatever step the mirror dies', async () => {
  const dying = async (step: number): Promise<readonly [TestDevice, TestDevice, () => boolean]> => {
    const [a, b] = await underWay();
    await b.closeMirror();
    let isWritten = false;
    const fused = fusedFileSystem(b.fuse);
    await b.open({
      fileSystem: {
        ...fused,
        async replace(from, to, inode) {
          if (to.endsWith('/old') && !isWritten) {
            isWritten = true;
            await b.write('old', 'mine\none\n');
          }
          return fused.replace(from, to, inode);
        },
      },
    });
    b.fuse.blowAfter(step);
    await b.settle().catch(() => undefined);
    return [a, b, (): boolean => isWritten];
  };
  const [, trial] = await dying(Infinity);
  const steps = trial.fuse.steps.length;
  let taken = 0;
  for (let step = 1; step < steps; step++) {
    const [a, b, isWritten] = await dying(step);
    await b.crash();
    const expected = `${isWritten() ? 'mine\n' : ''}one\narrived\n`;
    if (isWritten()) taken += 1;
    expect((await comeToOne(a, b))['old'], `died at ${b.fuse.steps.at(-1)}`).toBe(expected);
    await a.end();
    await b.end();
  }
  expect(taken).toBeGreaterThan(5);
});
