/** What is left of a call whose operations were not all sound. */
import { describe, expect, test } from 'vitest';
import { type BlobName, type FolderId, inOnePiece, sha256, toHex, utf8 } from '../base/index.ts';
import { contentDigest, digestOfBlob, type FileContent, ROOT } from '../model/index.ts';
import { listing, openFolder, type TestFolder } from '../testing/open-folder.ts';
import type { NodeOperation } from './nodes.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;

const open = (): Promise<TestFolder> => openFolder({ seed: 1, id: ID, name: 'notes' });

const reopened = async ({ folder, store }: TestFolder): Promise<Record<string, string>> => {
  await folder.flush();
  return listing(await openFolder({ seed: 9, id: ID, rows: store.rows }));
};

const create = (
  { folder }: TestFolder,
  name: string,
  more: { content?: FileContent; digest?: string } = {},
): NodeOperation => {
  const { content = { kind: 'text', text: name }, digest = contentDigest(utf8(name)) } = more;
  return {
    type: 'create',
    id: folder.nodes.newNodeId(),
    parent: ROOT,
    name,
    kind: 'file',
    content,
    digest,
  };
};

describe('an operation that is not sound', () => {
  test('fails by itself if its digest is malformed', async () => {
    const a = await open();
    const operations = [create(a, 'good'), create(a, 'bad', { digest: 'a|b' })];
    const { failures } = await a.folder.nodes.apply(operations);
    expect([...failures]).toMatchObject([[1, { code: 'PATH_INVALID' }]]);
    await a.folder.writeFile('later', 'later');
    expect(await reopened(a)).toEqual({ good: 'good', later: 'later' });
  });

  test('fails with all others if its content was never stored, or so long ago that nobody has it any more', async () => {
    const a = await open();
    const bytes = Uint8Array.of(0, 1, 2);
    const name = toHex(sha256(bytes)) as BlobName;
    const blob = create(a, 'blob', { content: { kind: 'blob', name, size: 3 }, digest: digestOfBlob(name) });
    await expect(a.folder.nodes.apply([create(a, 'good'), blob])).rejects.toMatchObject({
      code: 'BLOB_NOT_FOUND',
    });
    expect(await reopened(a)).toEqual({});
    await a.folder.blobs.write(inOnePiece(bytes));
    await a.folder.nodes.apply([blob]);
    expect(await a.folder.readFile('blob')).toEqual(bytes);
  });

  test('takes nothing with it that is written later, whatever it throws', async () => {
    const a = await open();
    const broken = create(a, 'bad', { content: { kind: 'text' } as FileContent });
    await expect(a.folder.nodes.apply([create(a, 'good'), broken])).rejects.toThrow(TypeError);
    await a.folder.writeFile('later', 'later');
    expect(await reopened(a)).toMatchObject({ good: 'good', later: 'later' });
  });
});
