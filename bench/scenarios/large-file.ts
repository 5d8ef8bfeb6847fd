/** What a large file costs when little of it changes: on the wire, in all, from one device over a relay to another. */
import { execFile } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type FolderId, openReplica, type Replica } from '@evermesh/core';
import { ROOT } from '@evermesh/core/model';
import { allowEveryone, openRelay } from '@evermesh/server';
import { CountingProxy } from '../counting-proxy.ts';
import { EVERMESH, Figures } from '../figures.ts';
import { timed } from '../measure.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';

const PATH = 'film.bin';
const MEGABYTE = 1_000_000;
const SHA256SUM = 'sha256sum';
const run = promisify(execFile);

export const largeFile: Scenario = {
  name: 'large-file',
  about: 'one byte in a large file, an insertion at its front, a move, a copy; chunking beside sha256sum',
  options: {
    megabytes: { default: '200', about: 'of the file, in millions of bytes' },
  },
  async run(context) {
    const figures = new Figures();
    const megabytes = context.options.count('megabytes');
    for (let round = 0; round < context.runs; round++) {
      context.say(`run ${round + 1} of ${context.runs}`);
      await runOnce(figures, join(context.directory, String(round)), megabytes);
    }
    for (const subject of ['one byte changed', 'a byte inserted in front'])
      figures.reach(subject, { atMost: 94 });
    return { figures, notes: NOTES } satisfies ScenarioResult;
  },
};

const NOTES = [
  'Bytes are those of TCP in both directions, of both devices together: what one sends to the relay, and what the other fetches.',
  'Stored: from a file on disk into the replica, durable. sha256sum reads the same file.',
];

async function runOnce(figures: Figures, directory: string, megabytes: number): Promise<void> {
  await using relay = await openRelay({
    store: levelStore(join(directory, 'relay')),
    blobs: fileBlobs(join(directory, 'relay-blobs')),
    listen: { host: '127.0.0.1', port: 0 },
    authorizer: allowEveryone,
    compaction: { runner: threadCompaction() },
  });
  const proxy = await CountingProxy.open({ target: Number(new URL(relay.url).port), frames: true });
  const address = `ws://127.0.0.1:${proxy.port}`;
  await using writer = await replicaAt(directory, 'writer');
  await using reader = await replicaAt(directory, 'reader');
  const folder = await writer.createFolder({ name: 'large' });
  const file = join(directory, 'file');
  await fill(file, megabytes * MEGABYTE);

  const stored = await timed(async () => {
    await folder.writeStream(PATH, createReadStream(file, { highWaterMark: 512 * 1024 }));
    await folder.flush();
  });
  figures.add('stored', EVERMESH, 's', stored / 1000);
  figures.add('stored', SHA256SUM, 's', (await timed(() => run(SHA256SUM, [file]))) / 1000);

  const there = await both(writer, reader, address, folder.id);
  figures.add('sent and fetched', EVERMESH, 'MB', proxy.count.bytes / MEGABYTE);
  const cost = async (subject: string, act: () => Promise<void>): Promise<void> => {
    const before = proxy.count.bytes;
    await act();
    await there();
    await proxy.quiet(500);
    figures.add(subject, EVERMESH, 'kB', (proxy.count.bytes - before) / 1000);
  };
  await cost('one byte changed', () => folder.writeStream(PATH, edited(file, (megabytes * MEGABYTE) / 3, 0)));
  await cost('a byte inserted in front', () => folder.writeStream(PATH, edited(file, 0, 1)));
  await cost('moved', () => folder.rename(PATH, 'elsewhere.bin'));
  await cost('copied', () => folder.copy('elsewhere.bin', 'copy.bin'));
  await proxy.close();
}

/** Connects both. What is returned resolves when both have the same. */
async function both(
  writer: Replica,
  reader: Replica,
  address: string,
  id: FolderId,
): Promise<() => Promise<void>> {
  await reader.joinFolder(id);
  const links = [writer, reader].map((replica) => replica.connect(webSocketTransport(address)));
  const folders = await Promise.all([writer, reader].map((replica) => replica.folder(id)));
  const headsOf = (at: number): string =>
    JSON.stringify(
      folders[at]!.nodes.children(ROOT).map(({ id: node, name }) => [
        node,
        name,
        [...folders[at]!.nodes.headsOf(node)],
      ]),
    );
  const settled = async (): Promise<void> => {
    await folders[0]!.flush();
    do for (const link of links) await link.whenSynced();
    while (headsOf(0) !== headsOf(1));
  };
  await settled();
  return settled;
}

/** Bytes that look random, and are the same in every run. */
async function fill(path: string, bytes: number): Promise<void> {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16, 2));
  await using file = await open(path, 'w');
  for (let left = bytes; left > 0; left -= MEGABYTE)
    await file.writeFile(stream.update(Buffer.alloc(Math.min(MEGABYTE, left))));
}

/** The file with a byte of it changed, or `inserted` before it. */
async function* edited(path: string, at: number, inserted: number): AsyncGenerator<Uint8Array> {
  if (inserted > 0) yield new Uint8Array(inserted);
  let from = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Uint8Array>) {
    const place = Math.floor(at) - from;
    if (inserted === 0 && place >= 0 && place < piece.byteLength) piece[place] = piece[place]! ^ 1;
    yield piece;
    from += piece.byteLength;
  }
}

const replicaAt = (directory: string, name: string): Promise<Replica> =>
  openReplica({
    store: levelStore(join(directory, name)),
    blobs: fileBlobs(join(directory, `${name}-blobs`)),
    deviceName: name,
  });
