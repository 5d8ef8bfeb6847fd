import { expect, test } from 'vitest';
import { concatBytes, equalBytes, type FolderId } from '../base/index.ts';
import { deliver, openFolder, type TestFolder } from '../testing/open-folder.ts';
import { seededRandom } from '../testing/seeded-random.ts';

const id = '0f'.repeat(16) as FolderId;
const LARGE = seededRandom(1).bytes(5_000_000);

const notes = (): Promise<TestFolder> => openFolder({ seed: 1, id, name: 'notes' });

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  // One array for all pieces, as those give that read from a disk.
  const piece = Buffer.alloc(length);
  for (let at = 0; at < bytes.byteLength; at += length) {
    const part = bytes.subarray(at, at + length);
    piece.set(part);
    await Promise.resolve();
    yield piece.subarray(0, part.byteLength);
  }
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  return concatBytes(all);
}

test('what is written in pieces is the file, and read in pieces', async () => {
  const { folder } = await notes();
  await folder.writeStream('film', inPieces(LARGE, 70_000));
  expect(equalBytes(await gathered(folder.readStream('film')), LARGE)).toBe(true);
  expect(equalBytes(await folder.readFile('film'), LARGE)).toBe(true);
  await folder.writeStream('small', inPieces(LARGE.subarray(0, 1000), 7));
  expect(equalBytes(await folder.readFile('small'), LARGE.subarray(0, 1000))).toBe(true);
});

test('a text that comes in pieces is a text, which merges', async () => {
  const { folder } = await notes();
  const text = 'one\ntwo\n';
  await folder.writeStream('a.md', inPieces(new TextEncoder().encode(text), 3));
  expect((await folder.openDocument('a.md')).doc.getText('t').toString()).toBe(text);
});

test('nothing is written of what breaks off', async () => {
  const { folder } = await notes();
  const broken = async function* broken(): AsyncGenerator<Uint8Array> {
    yield* inPieces(LARGE, 100_000);
    throw new Error('no more');
  };
  await expect(folder.writeStream('film', broken())).rejects.toThrow('no more');
  expect(await folder.readdir('')).toEqual([]);
});

test('the record of a content in chunks names its manifest, and a reader waits for that and not for the content', async () => {
  const a = await notes();
  const b = await openFolder({ seed: 2, id });
  await deliver(a, b);
  await a.folder.writeStream('film', inPieces(LARGE, 70_000));
  await a.folder.flush();
  const { id: node } = await a.folder.stat('film');
  const content = (await a.folder.nodes.content(node))?.content;
  if (content?.kind !== 'blob') throw new Error('It is no text.');
  const root = await a.state.options.contents.nameInRecords(content.name);
  expect(root).not.toBe(content.name);

  const { debts } = b.state;
  const { committer, contents } = b.state.options;
  for (const index of [...a.state.log.documents()]) {
    for await (const { record } of a.state.log.read.document(index.document, new Map())) {
      const { durable } = b.state.log.append([record], { beside: () => debts.want(record.header.blobs) });
      await durable;
    }
  }
  expect(debts.wantedBlobs).toEqual(new Set([root]));
  await expect(b.folder.readFile('film')).rejects.toMatchObject({ code: 'CONTENT_NOT_HERE' });
  expect(debts.wantedBlobs).toEqual(new Set([root]));

  const told: string[] = [];
  b.folder.nodes.changed.add((ids) => told.push(...ids));
  await contents.write(inPieces(LARGE, 70_000));
  await committer.commit(debts.blobFetched(root));
  expect(told).toEqual([node]);
  expect(equalBytes(await b.folder.readFile('film'), LARGE)).toBe(true);
});
