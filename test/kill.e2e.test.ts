/** kill -9 in the middle: the next start goes on where the last one was torn away, and leaves no trace of it. */
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { filesOf, readTree } from './support/tree.ts';
import { type TestDevice, World } from './support/world.ts';

const FILES = 500;

/** Texts, and every fifth a file that is none and large enough to travel as a blob of its own. */
async function fill(device: TestDevice): Promise<void> {
  for (let index = 0; index < FILES; index++) {
    const isText = index % 5 !== 0;
    const text = `line of ${index}\n`.repeat(50);
    const content = isText ? text : Uint8Array.from({ length: 20_000 }, (_, at) => (at * index) % 256);
    await device.write(`part ${index % 7}/${index}.${isText ? 'txt' : 'bin'}`, content);
  }
}

async function expectNothingLeftOver(device: TestDevice): Promise<void> {
  expect(await readdir(device.path('.evermesh', 'tmp'))).toEqual([]);
  const verified = await device.verify();
  expect(verified.report).toMatchObject({ disk: [], store: [] });
  expect(verified.code).toBe(0);
}

test('a sender, a receiver and a relay that were killed in the middle of a first sync finish it', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await fill(laptop);
  const tree = await readTree(laptop.directory);
  expect(filesOf(tree)).toHaveLength(FILES);

  // The sender, with a part of its files taken in.
  const sender = laptop.start(['--relay', relay.url]);
  const { id } = await sender.next('folder');
  await sender.next('change', nth(50));
  expect((await laptop.kill()).signal).toBe('SIGKILL');
  await relay.kill();
  await relay.start();
  await laptop.up();

  // The receiver, with a part of the files written.
  const receiver = desktop.start(['--relay', relay.url, '--folder', id]);
  await receiver.next('change', nth(50));
  expect((await desktop.kill()).signal).toBe('SIGKILL');
  const torn = filesOf(await readTree(desktop.directory));
  expect(torn.length).toBeGreaterThan(0);
  expect(torn.length).toBeLessThan(FILES);

  // The relay, while it serves the rest.
  const again = desktop.start();
  await again.next('change', nth(50));
  await relay.kill();
  await again.next('link', ({ state }) => state === 'away');
  await relay.start();
  await Promise.all(
    [again, laptop.running].map((up) => up.next('link', ({ state }) => state === 'connected')),
  );
  for (const device of [laptop, desktop, laptop]) {
    expect((await device.sync(['--wait', '60'])).report).toMatchObject({
      inStep: true,
      conflicts: [],
      problems: [],
    });
  }
  expect(await readTree(desktop.directory)).toEqual(tree);
  expect(await readTree(laptop.directory)).toEqual(tree);
  for (const device of [laptop, desktop]) {
    await expectNothingLeftOver(device);
    await device.stop();
    await expectNothingLeftOver(device);
  }
});

/** True the n-th time that it is asked. */
function nth(count: number): () => boolean {
  let seen = 0;
  return () => ++seen === count;
}
