import { expect, test } from 'vitest';
import type { BlobName } from '../base/index.ts';
import { BlobsInUse } from './blobs-in-use.ts';

const [one, other] = ['01', '02'].map((digits) => digits.repeat(32)) as [BlobName, BlobName];

function gate(): { readonly opens: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opens = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opens, open };
}

test('who uses something while batches are deleted waits for one of them, and the next knows of it', async () => {
  const inUse = new BlobsInUse();
  inUse.mark([one]);
  const gates = Array.from({ length: 3 }, gate);
  const wasUsed: boolean[] = [];
  const deleting = (async () => {
    for (const { opens } of gates)
      await inUse.delete(async () => {
        wasUsed.push(inUse.isUsed(one));
        await opens;
      });
  })();
  const used = inUse.use(one);
  expect(inUse.isUsed(one)).toBe(false);
  gates[0]?.open();
  await used;
  for (const { open } of gates) open();
  await deleting;
  expect(wasUsed).toEqual([false, true, true]);
});

test('nothing is deleted while something is stored, and what a look noted is a use until the next look is told of it', async () => {
  const inUse = new BlobsInUse();
  const { opens, open } = gate();
  const storing = inUse.store(() => opens);
  await Promise.resolve();
  expect(await inUse.delete(() => Promise.reject(new Error('deletes')))).toBe(false);
  open();
  await storing;
  expect(await inUse.delete(() => Promise.resolve())).toBe(true);
  // Nobody looks, and it is not marked.
  await inUse.use(one);
  expect(inUse.isUsed(one)).toBe(false);
  const end = inUse.look();
  await inUse.use(one);
  inUse.mark([one, other]);
  await inUse.use(other);
  expect([one, other].map((name) => inUse.isUsed(name))).toEqual([true, true]);
  end();
  expect([one, other].map((name) => inUse.isUsed(name))).toEqual([false, true]);
  await inUse.use(one);
  expect(inUse.isUsed(one)).toBe(true);
});
