/** Copies, which do to a folder what `fs.cp` does to a directory on disk. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BlobName, FolderId } from '../base/index.ts';
import { exchange, listing, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '00112233445566778899aabbccddeeff' as FolderId;

const open = (): Promise<TestFolder> => openFolder({ seed: 1, id: ID, name: 'w' });

describe('a copy', () => {
  test('of a directory has everything that is in it, executable bits and links too, as nodes of its own', async () => {
    const a = await open();
    const { folder } = a;
    await folder.writeFile('P/Q/f', 'f\n');
    await folder.writeFile('P/run', '#!/bin/sh\n');
    const [p, run] = [(await folder.stat('P')).id, (await folder.stat('P/run')).id];
    const link = folder.nodes.newNodeId();
    await folder.nodes.apply([
      { type: 'executable', id: run, executable: true },
      {
        type: 'create',
        id: link,
        parent: p,
        name: 'link',
        kind: 'symlink',
        content: { kind: 'text', text: 'Q/f' },
        digest: 'd',
      },
    ]);
    await folder.copy('P', 'made/on/the/way', { recursive: true });
    expect(await folder.readFile('made/on/the/way/Q/f', 'utf8')).toBe('f\n');
    expect(await folder.stat('made/on/the/way/run')).toMatchObject({ kind: 'file', executable: true });
    expect(await folder.stat('made/on/the/way/link')).toMatchObject({ kind: 'symlink' });
    expect((await folder.stat('made/on/the/way/run')).id).not.toBe(run);
    await folder.writeFile('P/Q/f', 'changed\n');
    expect(await folder.readFile('made/on/the/way/Q/f', 'utf8')).toBe('f\n');
    const b = await openFolder({ seed: 2, id: ID });
    await exchange(a, b);
    expect(await listing(b)).toEqual(await listing(a));
  });

  test('of what is no text shares the content', async () => {
    const { folder } = await open();
    await folder.writeFile('f', Uint8Array.of(0, 1, 2));
    await folder.copy('f', 'g');
    const names: BlobName[] = [];
    for (const path of ['f', 'g']) {
      const found = await folder.nodes.content((await folder.stat(path)).id);
      if (found?.content.kind === 'blob') names.push(found.content.name);
    }
    expect(names).toHaveLength(2);
    expect(names[0]).toBe(names[1]);
  });

  test('is one atomic group, and one that is refused changes nothing', async () => {
    const { folder, state } = await open();
    for (const path of ['P/a', 'P/b', 'P/D/c', 'R/D']) await folder.writeFile(path, `${path}\n`);
    await folder.flush();
    const before = state.log.position.seq;
    await expect(folder.copy('P', 'R', { recursive: true })).rejects.toMatchObject({
      code: 'PATH_NOT_DIRECTORY',
    });
    expect(state.log.position.seq).toBe(before);
    await folder.copy('P', 'S', { recursive: true });
    await folder.flush();
    const groups = new Set<string>();
    for await (const { document, seq } of state.log.read.order(before)) {
      if (seq <= before) continue;
      groups.add(JSON.stringify((await state.log.read.record(document, seq))?.record.header.group));
    }
    expect(groups.size).toBe(1);
    expect(groups).not.toContain(undefined);
  });

  test.each([
    ['P', 'X', {}, 'PATH_IS_DIRECTORY'],
    ['none', 'X', {}, 'PATH_NOT_FOUND'],
    ['P', 'P/X', { recursive: true }, 'PATH_MOVE_INTO_SELF'],
    ['P', 'P/D/X/Y', { recursive: true }, 'PATH_MOVE_INTO_SELF'],
    ['P', 'P', { recursive: true }, 'PATH_MOVE_INTO_SELF'],
    ['f', 'f', {}, 'PATH_MOVE_INTO_SELF'],
    ['f', 'P', {}, 'PATH_IS_DIRECTORY'],
    ['P', 'f', { recursive: true }, 'PATH_NOT_DIRECTORY'],
    ['f', 'g', { force: false, errorOnExist: true }, 'PATH_EXISTS'],
    ['f', 'g/x', {}, 'PATH_NOT_DIRECTORY'],
    ['', 'X', { recursive: true }, 'PATH_INVALID'],
  ])('of %j to %j with %j is refused as %s', async (from, to, options, code) => {
    const a = await open();
    for (const path of ['P/D/c', 'f', 'g']) await a.folder.writeFile(path, `${path}\n`);
    const before = await listing(a);
    await expect(a.folder.copy(from, to, options)).rejects.toMatchObject({ code });
    expect(await listing(a)).toEqual(before);
  });

  test('of a file of which only the name has arrived is refused', async () => {
    const a = await open();
    await a.folder.writeFile('f', 'f\n');
    await a.folder.flush();
    const b = await openFolder({ seed: 2, id: ID });
    for await (const { record } of a.state.log.read.document('tree0' as never, new Map()))
      await b.state.log.append([record]).durable;
    await expect(b.folder.copy('f', 'g')).rejects.toMatchObject({ code: 'CONTENT_NOT_HERE' });
    expect(await b.folder.readdir('')).toEqual(['f']);
  });
});

test('a copy leaves what fs.cp leaves, and is refused where that is', async () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const options = fc.record({ recursive: fc.boolean(), force: fc.boolean(), errorOnExist: fc.boolean() });
  let done = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(path, { maxLength: 6 }),
      path,
      path,
      options,
      async (files, from, to, how) => {
        const { folder } = await openFolder({ seed: 1, id: ID, name: 'w' });
        const root = await mkdtemp(join(tmpdir(), 'evermesh-copy-'));
        try {
          for (const file of files) {
            const made = await mkdir(join(root, dirname(file)), { recursive: true })
              .then(() => writeFile(join(root, file), file))
              .then(
                () => true,
                () => false,
              );
            if (made) await folder.writeFile(file, file);
          }
          const onDisk = await cp(join(root, from), join(root, to), how).then(
            () => true,
            () => false,
          );
          const here = await folder.copy(from, to, how).then(
            () => true,
            () => false,
          );
          // What a disk copied before it was refused is there; a folder is as it was.
          expect(here).toBe(onDisk);
          if (!onDisk) return;
          done += 1;
          expect(await treeOf(folder)).toEqual(await diskTree(root));
        } finally {
          await rm(root, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: Number(process.env['PROP_RUNS'] ?? 150) },
  );
  expect(done).toBeGreaterThan(0);
});

async function treeOf({ nodes }: TestFolder['folder']): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const node of nodes.all()) {
    const found = node.kind === 'directory' ? undefined : await nodes.content(node.id);
    tree[nodes.pathOf(node.id)] = found?.content.kind === 'text' ? found.content.text : '/';
  }
  return tree;
}

async function diskTree(root: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const path of await readdir(root, { recursive: true }))
    tree[path] = await readFile(join(root, path), 'utf8').catch(() => '/');
  return tree;
}
