import { expect, onTestFinished, test } from 'vitest';
import { FollowedFile } from './followed-file.ts';
import { ManualClock } from './testing/fake-link.ts';

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function followed(): { file: { text: string | undefined }; told: string[]; look: () => Promise<void> } {
  const clock = new ManualClock();
  const file: { text: string | undefined } = { text: 'old' };
  const told: string[] = [];
  const following = new FollowedFile({
    clock,
    text: 'old',
    read: () => (file.text === undefined ? Promise.reject(new Error('gone')) : Promise.resolve(file.text)),
    changed: (text) => {
      if (text === 'unfit') throw new Error('unfit');
      told.push(text);
    },
    failed: (error) => told.push((error as Error).message),
  });
  onTestFinished(() => following[Symbol.dispose]());
  const look = async (): Promise<void> => {
    clock.advance(2000);
    await soon();
  };
  return { file, told, look };
}

test('what a file holds is told when it is something else, and once', async () => {
  const { file, told, look } = followed();
  await look();
  file.text = 'new';
  await look();
  await look();
  expect(told).toEqual(['new']);
});

test('that it is of no use is told once, and what it holds afterwards only if it is new', async () => {
  const { file, told, look } = followed();
  file.text = undefined;
  await look();
  await look();
  file.text = 'old';
  await look();
  file.text = 'unfit';
  await look();
  await look();
  file.text = 'new';
  await look();
  expect(told).toEqual(['gone', 'unfit', 'new']);
});
