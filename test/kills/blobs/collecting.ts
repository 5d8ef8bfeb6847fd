/**
 * A process that saves files that are no text, as fast as it goes, keeps their history for a moment, and collects the rest, until it is
 * killed. It prints, each line with the time (nanoseconds of the system's steady clock): `opening`; `loaded`; `saved FILE NUMBER` for what
 * is durable; `deletes` before a blob beside the store goes, and `collected COUNT` behind each look that found something.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { openReplica } from '@evermesh/core';
import { silentLogger } from '@evermesh/core/base';
import { compactionPolicy } from '@evermesh/core/log';
import { contentOf, FILES, HISTORY, numberOf, pathOf } from './contents.ts';

/** Milliseconds. */
const PAUSE = 150;

const [directory = ''] = process.argv.slice(2);

const say = (line: string): void => void writeSync(1, `${process.hrtime.bigint()} ${line}\n`);

say('opening');
const files = fileBlobs(join(directory, 'blobs'));
const replica = await openReplica({
  store: levelStore(join(directory, 'store')),
  blobs: {
    open: () => files.open(),
    close: () => files.close(),
    size: (name) => files.size(name),
    read: (name, offset) => files.read(name, offset),
    write: (bytes, expected) => files.write(bytes, expected),
    delete: (name) => {
      say('deletes');
      return files.delete(name);
    },
  },
  history: HISTORY,
  compaction: {
    policy: { ...compactionPolicy, isDue: ({ records }) => records > 4, isWorthTrimming: () => true },
  },
  logger: {
    ...silentLogger,
    debug: (message, fields) => {
      if (message.includes('was deleted')) say(`collected ${String(fields?.['blobs'])}`);
    },
    error: (message, fields) => {
      throw new Error(`${message} ${JSON.stringify(fields)}`);
    },
  },
});
const [known] = replica.folders();
const folder =
  known === undefined ? await replica.createFolder({ name: 'files' }) : await replica.folder(known.id);
say('loaded');

const paths = new Set([...folder.nodes.all()].map(({ id }) => folder.nodes.pathOf(id)));
const numbers = await Promise.all(
  Array.from({ length: FILES }, async (_, file) =>
    paths.has(pathOf(file)) ? numberOf(file, await folder.readFile(pathOf(file))) : 0,
  ),
);

async function save(file: number, number: number): Promise<void> {
  await folder.writeFile(pathOf(file), contentOf(file, number));
  await folder.flush();
  say(`saved ${file} ${number}`);
}

for (let round = 1; ; round++) {
  await Promise.all(numbers.map((number, file) => save(file, number + round)));
  // Nothing is deleted while something is stored.
  await after(PAUSE);
}
