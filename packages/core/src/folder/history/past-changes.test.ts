import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import type { FolderId } from '../../base/index.ts';
import { EAGER, exchange, openFolder, type TestFolder } from '../../testing/open-folder.ts';
import type { PastOptions } from './past-changes.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const MINUTE = 60_000;

async function twoDevices(): Promise<[TestFolder, TestFolder, VirtualClock]> {
  const clock = new VirtualClock();
  const a = await openFolder({ seed: 1, id: ID, name: 'notes', clock, policy: EAGER });
  const b = await openFolder({ seed: 2, id: ID, clock });
  await exchange(a, b);
  return [a, b, clock];
}

async function told({ folder }: TestFolder, options: PastOptions = {}): Promise<string[]> {
  const changes = await folder.history(options);
  return changes.map(({ type, path, from }) => `${type} ${from === undefined ? '' : `${from} to `}${path}`);
}

describe('what happened in a folder', () => {
  test('is told the last first, with when and by whom, alike on each device', async () => {
    const [a, b, clock] = await twoDevices();
    await a.folder.writeFile('d/a.md', 'one\n');
    await exchange(a, b);
    clock.advance(MINUTE);
    await b.folder.writeFile('d/a.md', 'one\ntwo\n');
    clock.advance(MINUTE);
    await a.folder.rename('d/a.md', 'd/b.md');
    clock.advance(MINUTE);
    await a.folder.rename('d', 'e');
    clock.advance(MINUTE);
    await a.folder.rename('e/b.md', 'b.md');
    await exchange(a, b);
    clock.advance(MINUTE);
    await b.folder.rm('b.md');
    clock.advance(MINUTE);
    await b.folder.restore('b.md');
    await exchange(a, b);
    const expected = [
      'revived b.md',
      'removed b.md',
      'moved e/b.md to b.md',
      'renamed d to e',
      'renamed d/a.md to d/b.md',
      'edited b.md',
      'created d/a.md',
      'created d',
    ];
    expect(await told(a)).toEqual(expected);
    expect(await told(b)).toEqual(expected);
    const now = clock.now();
    const changes = await a.folder.history();
    expect(changes.slice(0, 3)).toMatchObject([
      { device: b.state.device, time: now },
      { device: b.state.device, time: now - MINUTE },
      { device: a.state.device, time: now - 2 * MINUTE },
    ]);
    // An edit names its version.
    const [version] = await a.folder.versions('b.md');
    expect(changes[5]).toMatchObject({ device: b.state.device, version: version?.id });
    expect(await b.folder.history()).toEqual(changes);
  });

  test('is told of a directory and what was in it, and no more than is asked for', async () => {
    const [a, , clock] = await twoDevices();
    for (const path of ['d/a', 'd/b', 'dd', 'c']) {
      await a.folder.writeFile(path, `${path}\n`);
      clock.advance(MINUTE);
    }
    await a.folder.rename('d/a', 'a');
    clock.advance(MINUTE);
    await a.folder.writeFile('d/b', 'more\n');
    expect(await told(a, { path: 'd' })).toEqual([
      'edited d/b',
      'moved d/a to a',
      'created d/b',
      'created d/a',
      'created d',
    ]);
    expect(await told(a, { path: 'd', limit: 2 })).toEqual(['edited d/b', 'moved d/a to a']);
    expect(await told(a, { path: 'd/b', limit: 1 })).toEqual(['edited d/b']);
    clock.advance(MINUTE);
    await a.folder.rm('d', { recursive: true });
    expect(await told(a, { limit: 1 })).toEqual(['removed d']);
    expect(await told(a, { path: 'd/b', limit: 1 })).toEqual(['edited d/b']);
    await expect(told(a, { path: 'x' })).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(told(a, { limit: 0 })).rejects.toThrow(TypeError);
  });

  test('is told after compaction and a restart as before', async () => {
    const [a, , clock] = await twoDevices();
    for (const text of ['1\n', '1\n2\n', '2\n3\n', '4\n']) {
      await a.folder.writeFile('a.md', text);
      await a.folder.flush();
      clock.advance(MINUTE);
    }
    const before = await a.folder.history();
    expect(before).toHaveLength(4);
    await a.compactor.idle();
    const again = await openFolder({ seed: 3, id: ID, rows: a.store.rows });
    expect(await again.folder.history()).toEqual(before);
  });
});
