/**
 * One device with two folders, a mirror of each, in one store: what goes of one is decided by what its own disk shows, and while the
 * mirror of the other is closed, everything of that stays.
 */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore } from '@evermesh/adapters/memory';
import {
  type Folder,
  type FolderId,
  openReplica,
  type Replica,
  silentLogger,
  systemClock,
} from '@evermesh/core';
import { inlineCompaction, looseRecords } from '@evermesh/core/log';
import { documentCodec } from '@evermesh/core/model';
import { type Mirror, openMirror } from '@evermesh/mirror';
import { VirtualClock } from '@evermesh/testkit';
import { expect, onTestFinished, test } from 'vitest';

const HOUR = 3_600_000;
const AT_ONCE = {
  isDue: (...[index]: Parameters<typeof looseRecords>) => looseRecords(index) >= 2,
  isOverdue: () => true,
  isWorthTrimming: () => true,
};

class Device {
  readonly clock = new VirtualClock();
  readonly replica: Promise<Replica>;
  #within: (folder: FolderId) => void = () => undefined;

  constructor() {
    this.replica = openReplica({
      store: memoryStore(),
      clock: this.clock,
      compaction: { runner: inlineCompaction(documentCodec, systemClock), policy: AT_ONCE },
      logger: {
        ...silentLogger,
        debug: (message, about) => {
          if (message === 'a folder is within its bounds') this.#within(about?.['folder'] as FolderId);
        },
      },
    });
  }

  /** A day and an hour pass. Resolves when what is too old of this folder went. */
  async nextDay({ id }: Folder): Promise<void> {
    const within = new Promise<void>((resolve) => {
      this.#within = (folder) => (folder === id ? resolve() : undefined);
    });
    this.clock.advance(25 * HOUR);
    await within;
  }
}

interface Mirrored {
  readonly folder: Folder;
  readonly file: string;
  readonly open: () => Promise<Mirror>;
}

async function mirrored(replica: Replica, root: string, name: string): Promise<Mirrored> {
  const folder = await replica.createFolder({ name });
  const directory = join(root, name);
  await mkdir(directory);
  return { folder, file: join(directory, 'f.md'), open: () => openMirror({ folder, directory }) };
}

async function save(file: string, mirror: Mirror, text: string): Promise<void> {
  await writeFile(file, text);
  await mirror.settle();
}

test('of a folder whose mirror is closed everything stays, whatever goes of the other; a save over what its disk showed merges', async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-two-mirrors-')));
  onTestFinished(() => rm(root, { recursive: true }));
  const device = new Device();
  const replica = await device.replica;
  onTestFinished(() => replica.close());
  // The one whose mirror is closed comes first: it has been looked at when the other is within its bounds.
  const closed = await mirrored(replica, root, 'closed');
  const shown = await mirrored(replica, root, 'shown');
  const mirror = await shown.open();
  onTestFinished(() => mirror.close());
  const first = await closed.open();
  for (let i = 0; i < 4; i++) {
    await save(closed.file, first, `closed ${i}\nstays\n`);
    await save(shown.file, mirror, `shown 0 ${i}\nstays\n`);
    device.clock.advance(60_000);
  }
  await first.close();
  // How far the logs had come is noted: from here on it is known how old what was saved is.
  device.clock.advance(25 * HOUR);

  const count = async ({ folder }: Mirrored): Promise<number> => (await folder.versions('f.md')).length;
  for (let day = 1; day < 5; day++) {
    // As if others wrote there: the disk does not show it.
    await closed.folder.writeFile('f.md', `closed 3\nstays\nfrom elsewhere ${day}\n`);
    for (let i = 0; i < 3; i++) {
      await save(shown.file, mirror, `shown ${day} ${i}\nstays\n`);
      device.clock.advance(60_000);
    }
    await device.nextDay(shown.folder);
  }
  expect(await count(closed)).toBe(8);
  expect(await count(shown)).toBeLessThan(9);
  expect(await readFile(shown.file, 'utf8')).toBe('shown 4 2\nstays\n');

  await writeFile(closed.file, 'closed 3\nby hand\nstays\n');
  const second = await closed.open();
  onTestFinished(() => second.close());
  await second.settle();
  const merged = 'closed 3\nby hand\nstays\nfrom elsewhere 4\n';
  expect(await closed.folder.readFile('f.md', 'utf8')).toBe(merged);
  expect(await readFile(closed.file, 'utf8')).toBe(merged);
  for (let day = 5; day < 8; day++) {
    await closed.folder.writeFile('other.md', `${day}\n`);
    await second.settle();
    await device.nextDay(closed.folder);
  }
  expect(await count(closed)).toBeLessThan(8);
  for (const { folder, file } of [closed, shown]) {
    expect(await folder.verify()).toEqual([]);
    expect(await folder.readFile('f.md', 'utf8')).toBe(await readFile(file, 'utf8'));
  }
  expect([await second.settle(), await mirror.settle()]).toEqual([0, 0]);
});
