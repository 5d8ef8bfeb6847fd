import { expect, test } from 'vitest';
import type { FolderId } from '../../base/index.ts';
import { planOf } from './tree-plans.ts';
import { TreeReplica } from './tree-replica.ts';

test('a move to where something is anyway is no wish to have it, and any other one is', async () => {
  const options = { seed: 1, id: '00112233445566778899aabbccddeeff' as FolderId };
  const replica = await TreeReplica.open(0, options, () => undefined);
  await replica.begin(false);
  await replica.folder.writeFile('n.md', '');
  const wishesOf = async (name: string): Promise<unknown> =>
    (await planOf(replica, replica.shown(), { does: 'move', what: 0, where: undefined, name }, () => 1))
      ?.wishes;
  expect(await wishesOf('n.md')).toEqual([]);
  expect(await wishesOf('N.md')).toEqual([replica.shown().get('n.md')?.id]);
  await replica.end();
});
