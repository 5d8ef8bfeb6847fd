/**
 * A store on a disk that is full: what it acknowledged is there, it opens and reads while nothing can be written, and goes on by
 * itself when there is room. Each disk is a small one that the test mounts.
 */
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { openStore, type Store } from '@evermesh/core/log';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { SeededRandom } from '../bench/random.ts';
import { fillDisk, mountSmallDisk } from './support/system.ts';

const MIB = 1024 * 1024;
const random = new SeededRandom(1);
/** Bytes that no store makes smaller. */
const noise = (length: number): Uint8Array => random.bytes(length);

async function smallDisk(context: TestContext, size: number): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-full-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  mountSmallDisk(directory, size, context);
  return directory;
}

/** A store, and what it has acknowledged. */
class Kept {
  readonly rows = new Map<string, Uint8Array>();
  readonly #path: string;
  #store: Store | undefined;

  constructor(disk: string) {
    this.#path = join(disk, 'store');
    onTestFinished(() => this.close());
  }

  get store(): Store {
    return this.#store!;
  }

  get reserve(): Promise<number> {
    return stat(join(this.#path, 'reserve')).then(({ size }) => size);
  }

  async open(): Promise<void> {
    this.#store = await openStore(levelStore(this.#path));
  }

  async close(): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
  }

  async write(value: Uint8Array): Promise<void> {
    const key = `row ${String(this.rows.size).padStart(6, '0')}`;
    await this.store.batch([{ type: 'put', key, value }], { sync: true });
    this.rows.set(key, value);
  }

  /** Writes until that fails. */
  async writeAll(length: number): Promise<unknown> {
    for (;;) {
      try {
        await this.write(noise(length));
      } catch (error) {
        return error;
      }
    }
  }

  async expectAll(): Promise<void> {
    const found = new Map<string, Uint8Array>();
    for await (const [key, value] of this.store.iterator({ gte: 'row ', lt: 'row!' })) found.set(key, value);
    expect([...found.keys()]).toEqual([...this.rows.keys()]);
    for (const [key, value] of this.rows) expect(Buffer.compare(found.get(key)!, value), key).toBe(0);
  }
}

test('behind a batch that did not fit nothing is acknowledged, though there be room again, until the store is opened anew', async (context) => {
  const disk = await smallDisk(context, 2 * MIB);
  const kept = new Kept(disk);
  await kept.open();
  for (let count = 0; count < 50; count++) await kept.write(noise(3000));
  const makeRoom = await fillDisk(disk);
  expect(await kept.writeAll(3000)).toMatchObject({ code: 'STORE_FAILED' });
  await makeRoom();
  // LevelDB alone takes it, says so, and never finds it again behind the half of the one that failed.
  await expect(kept.write(noise(3000))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await kept.close();
  await kept.open();
  await kept.expectAll();
  for (let count = 0; count < 50; count++) await kept.write(noise(3000));
  await kept.close();
  await kept.open();
  await kept.expectAll();
});

test('a store that filled its disk opens and reads there, however often, and goes on when there is room', async (context) => {
  const disk = await smallDisk(context, 24 * MIB);
  const kept = new Kept(disk);
  await kept.open();
  for (let count = 0; count < 60; count++) await kept.write(noise(20_000));
  const makeRoom = await fillDisk(disk);
  expect(await kept.writeAll(20_000)).toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('No space left on device') as string,
  });
  const reserve = await kept.reserve;
  for (let times = 0; times < 5; times++) {
    await kept.expectAll();
    await kept.close();
    await kept.open();
    await kept.writeAll(20_000);
  }
  await kept.expectAll();
  await kept.close();
  await makeRoom();
  await kept.open();
  expect(await kept.reserve).toBeGreaterThanOrEqual(reserve);
  for (let count = 0; count < 60; count++) await kept.write(noise(20_000));
  await kept.close();
  await kept.open();
  await kept.expectAll();
});

test('a store alone on a small disk fills it, and opens there', async (context) => {
  const disk = await smallDisk(context, 24 * MIB);
  const kept = new Kept(disk);
  await kept.open();
  expect(await kept.writeAll(50_000)).toMatchObject({ code: 'STORE_FAILED' });
  expect(kept.rows.size).toBeGreaterThan(100);
  await fillDisk(disk);
  await kept.close();
  await kept.open();
  await kept.expectAll();
});
