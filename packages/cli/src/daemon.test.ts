import { Listeners } from '@evermesh/core';
import type { Mirror } from '@evermesh/mirror';
import { beforeEach, expect, test } from 'vitest';
import type { Conflicts } from './conflict-report.ts';
import { Daemon } from './daemon.ts';
import { LinkWatch } from './link-watch.ts';
import type { OpenDevice } from './open-device.ts';
import type { Settings } from './settings.ts';
import { FakeLink, FOLDER, ManualClock } from './testing/fake-link.ts';

let openings: { resolve: (mirror: Mirror) => void; reject: (error: Error) => void }[];
let daemon: Daemon;
let closed: number;
/** Resolves when all that need not wait for anybody has been done. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const mirror = (): Mirror => ({ close: () => Promise.resolve(void (closed += 1)) }) as unknown as Mirror;

beforeEach(() => {
  openings = [];
  closed = 0;
  daemon = new Daemon({
    settings: {} as Settings,
    device: { folder: { nodes: { ready: true, changed: new Listeners() } } } as unknown as OpenDevice,
    link: new LinkWatch(new FakeLink().asLink, FOLDER, 'ws://r/'),
    conflicts: {} as Conflicts,
    clock: new ManualClock(),
    mirror: undefined,
    openMirror: () => new Promise((resolve, reject) => openings.push({ resolve, reject })),
  });
});

test('the mirror is opened once, however many ask for it at a time', async () => {
  const asked = Promise.all([daemon.open({}), daemon.open({})]);
  await turn();
  expect(openings).toHaveLength(1);
  const opened = mirror();
  openings[0]!.resolve(opened);
  expect(await asked).toEqual([opened, opened]);
  expect(await daemon.open({})).toBe(opened);
  expect(openings).toHaveLength(1);
});

test('a mirror that could not be opened is opened by who asks next', async () => {
  const first = daemon.open({});
  await turn();
  expect(openings).toHaveLength(1);
  openings[0]!.reject(new Error('no right'));
  await expect(first).rejects.toThrow('no right');
  const second = daemon.open({});
  await turn();
  expect(openings).toHaveLength(2);
  const opened = mirror();
  openings[1]!.resolve(opened);
  expect(await second).toBe(opened);
});

test('what is being opened when the device is closed is closed with it', async () => {
  const asked = daemon.open({});
  await turn();
  expect(openings).toHaveLength(1);
  const closing = daemon.close();
  openings[0]!.resolve(mirror());
  await closing;
  await asked;
  expect(closed).toBe(1);
});
