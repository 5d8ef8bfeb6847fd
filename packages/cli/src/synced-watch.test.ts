import type { Mirror, MirrorStatus } from '@evermesh/mirror';
import { expect, test } from 'vitest';
import { LinkWatch } from './link-watch.ts';
import { SyncedWatch } from './synced-watch.ts';
import { FakeLink, FOLDER } from './testing/fake-link.ts';

/** A mirror that comes to rest when a test lets it. */
class FakeMirror {
  state: MirrorStatus['state'] = 'in step';
  #rest: (() => void)[] = [];

  idle(): Promise<void> {
    return new Promise((resolve) => this.#rest.push(resolve));
  }

  async rest(): Promise<void> {
    for (const resolve of this.#rest.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }

  status(): MirrorStatus {
    return { state: this.state, files: 7 } as MirrorStatus;
  }
}

function open(): { link: FakeLink; mirror: FakeMirror; watch: SyncedWatch; told: number[] } {
  const [link, mirror, told] = [new FakeLink(), new FakeMirror(), [] as number[]];
  const watched = mirror as Pick<Mirror, 'idle' | 'status'>;
  const watch = new SyncedWatch(watched, new LinkWatch(link.asLink, FOLDER, 'ws://r'), (files) =>
    told.push(files),
  );
  return { link, mirror, watch, told };
}

test('told once when disk and relay hold the same, not again while nothing parts them', async () => {
  const { link, mirror, watch, told } = open();
  link.set({ state: 'live', isSynced: true });
  expect(told).toEqual([]);
  await mirror.rest();
  expect(told).toEqual([7]);
  link.set({ state: 'live', isSynced: true });
  watch.look();
  await mirror.rest();
  expect(told).toEqual([7]);
});

test('told again after a change, and after a time without the relay', async () => {
  const { link, mirror, watch, told } = open();
  link.set({ state: 'live', isSynced: true });
  await mirror.rest();
  watch.changed();
  await mirror.rest();
  link.away();
  link.set({ state: 'live', isSynced: true });
  await mirror.rest();
  expect(told).toEqual([7, 7, 7]);
});

test('not told while the disk does not show yet what the relay brought', async () => {
  const { link, mirror, watch, told } = open();
  mirror.state = 'writing';
  link.set({ state: 'live', isSynced: true });
  await mirror.rest();
  expect(told).toEqual([]);
  mirror.state = 'in step';
  watch.look();
  await mirror.rest();
  expect(told).toEqual([7]);
});

test('not told while a file waits for its content, although the relay owes nothing', async () => {
  const { link, mirror, watch, told } = open();
  mirror.state = 'waiting';
  link.set({ state: 'live', isSynced: true });
  await mirror.rest();
  expect(told).toEqual([]);
  mirror.state = 'in step';
  watch.changed();
  await mirror.rest();
  expect(told).toEqual([7]);
});

test('not told when the relay went away while the mirror came to rest', async () => {
  const { link, mirror, told } = open();
  link.set({ state: 'live', isSynced: true });
  link.away();
  await mirror.rest();
  expect(told).toEqual([]);
});

test('waits for what the relay brought while the mirror came to rest', async () => {
  const { link, mirror, told } = open();
  link.set({ state: 'live', isSynced: true });
  link.set({ state: 'catching-up', isSynced: false });
  link.set({ state: 'live', isSynced: true });
  await mirror.rest();
  expect(told).toEqual([]);
  await mirror.rest();
  expect(told).toEqual([7]);
});
