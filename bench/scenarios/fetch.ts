/** What a device that comes new to a folder fetches of a file that somebody typed and saved for long. */
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type FolderId, type Logger, openReplica, type Replica, silentLogger } from '@evermesh/core';
import { allowEveryone, openRelay, type Relay } from '@evermesh/server';
import { CountingProxy } from '../counting-proxy.ts';
import { EVERMESH, Figures } from '../figures.ts';
import { editTrace } from '../log/edit-trace.ts';
import { timed } from '../measure.ts';
import type { Scenario, ScenarioContext, ScenarioResult } from './scenario.ts';

/** As it was before states travelled: every record. */
const RECORDS = 'every record';
/** Milliseconds after which what is due was compacted. */
const QUIET_MS = 8000;
const PATH = 'paper.txt';

export const fetch: Scenario = {
  name: 'fetch',
  about: 'a new device fetches a file that was saved often',
  options: {
    trace: { default: '', about: 'recorded edits, gzipped JSON; made up from a seed without it' },
    edits: { default: '0', about: 'how many of them; 0: all' },
    saved: { default: '100', about: 'edits of one save' },
  },
  async run(context) {
    const figures = new Figures();
    for (let run = 0; run < context.runs; run++) {
      context.say(`run ${run + 1} of ${context.runs}`);
      await fetchOnce(context, figures, join(context.directory, String(run)));
    }
    return { figures, notes: NOTES } satisfies ScenarioResult;
  },
};

const NOTES = [
  'Bytes are those of TCP in both directions, from the greeting on. The relay has compacted the file.',
];

async function fetchOnce(context: ScenarioContext, figures: Figures, directory: string): Promise<void> {
  const { quiet, logger } = watchCompaction();
  await using relay = await openRelay({
    store: levelStore(join(directory, 'relay')),
    blobs: fileBlobs(join(directory, 'relay-blobs')),
    listen: { host: '127.0.0.1', port: 0 },
    authorizer: allowEveryone,
    compaction: { runner: threadCompaction() },
    logger,
  });
  await using writer = await replicaAt(directory, 'writer');
  const folder = await writer.createFolder({ name: 'fetch' });
  let text = '';
  const edits = editTrace(context.options.text('trace'), context.options.count('edits'));
  const each = Math.max(1, context.options.count('saved'));
  const link = writer.connect(webSocketTransport(relay.url));
  for (let from = 0; from < edits.length; from += each) {
    for (const [at, deleted, inserted] of edits.slice(from, from + each))
      text = text.slice(0, at) + inserted + text.slice(at + deleted);
    await folder.writeFile(PATH, text);
  }
  await link.whenSynced();
  await quiet(QUIET_MS);
  for (const [engine, history] of [
    [RECORDS, true],
    [EVERMESH, false],
  ] as const) {
    const { bytes, milliseconds } = await fetched(relay, folder.id, join(directory, engine), history);
    figures.add('fetched by a new device', engine, 'kB', bytes / 1000);
    figures.add('until it shows the file', engine, 'ms', milliseconds);
  }
  figures.add('the file', EVERMESH, 'kB', new TextEncoder().encode(text).byteLength / 1000);
}

/** Told of what a relay compacts; `quiet` resolves when nothing was for so long since it was asked. */
function watchCompaction(): { quiet: (milliseconds: number) => Promise<void>; logger: Logger } {
  let last = 0;
  const debug: Logger['debug'] = (message) => {
    if (message === 'a document was compacted') last = performance.now();
  };
  const quiet = async (milliseconds: number): Promise<void> => {
    last = performance.now();
    for (;;) {
      const left = last + milliseconds - performance.now();
      if (left <= 0) return;
      await passed(left);
    }
  };
  return { quiet, logger: { ...silentLogger, debug } };
}

async function fetched(
  relay: Relay,
  id: FolderId,
  directory: string,
  history: boolean,
): Promise<{ bytes: number; milliseconds: number }> {
  const proxy = await CountingProxy.open({ target: Number(new URL(relay.url).port), frames: true });
  await using reader = await replicaAt(directory, 'reader');
  const folder = await reader.joinFolder(id, { history });
  const milliseconds = await timed(async () => {
    const link = reader.connect(webSocketTransport(`ws://127.0.0.1:${proxy.port}`));
    await link.whenSynced();
    await folder.readFile(PATH);
    await link.close();
  });
  const { bytes } = proxy.count;
  await proxy.close();
  return { bytes, milliseconds };
}

const replicaAt = (directory: string, name: string): Promise<Replica> =>
  openReplica({
    store: levelStore(join(directory, name)),
    compaction: { runner: threadCompaction() },
    deviceName: name,
  });
