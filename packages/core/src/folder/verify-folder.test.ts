import { describe, expect, test } from 'vitest';
import { authorOf, documentOf, type FolderId, newDeviceId, newRunId, utf8 } from '../base/index.ts';
import { encodeState, isPackKey, readState, storedRow } from '../log/index.ts';
import { makeRecord } from '../protocol/index.ts';
import { EAGER, openFolder, type TestFolder } from '../testing/open-folder.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { Finding } from './verify-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const at = (part: string): string => `f/${ID}/${part}`;

/** A folder with three documents, and its rows after `damage`, opened anew. */
async function damaged(damage: (rows: Map<string, Uint8Array>, file: string) => void): Promise<TestFolder> {
  const { folder, store } = await openFolder({ seed: 1, id: ID, name: 'notes' });
  await folder.writeFile('a.txt', 'one\n');
  await folder.writeFile('a.txt', 'one\ntwo\n');
  await folder.writeFile('b.txt', 'b\n');
  await folder.flush();
  damage(store.rows, (await folder.stat('a.txt')).id);
  return openFolder({ seed: 2, id: ID, rows: store.rows });
}

const keysOf = (rows: Map<string, Uint8Array>, prefix: string): string[] =>
  [...rows.keys()].filter((key) => key.startsWith(at(prefix))).sort();

const flip = (rows: Map<string, Uint8Array>, key: string | undefined, index: number): void => {
  const row = rows.get(key ?? '') as Uint8Array;
  row[index < 0 ? row.length + index : index]! ^= 1;
};

const whats = (findings: readonly Finding[]): string[] => findings.map(({ what }) => what);

describe('verify', () => {
  test('finds nothing in a folder that is whole', async () => {
    const { folder } = await damaged(() => undefined);
    expect(await folder.verify()).toEqual([]);
  });

  test('names a record with a flipped bit, and the document it belongs to', async () => {
    let document = '';
    const { folder } = await damaged((rows, file) => {
      document = file;
      flip(rows, keysOf(rows, `r/${file}/`)[1], -1);
    });
    const findings = await folder.verify();
    expect(findings[0]).toMatchObject({ document, what: 'record damaged' });
    expect(new Set(findings.map((finding) => finding.document))).toEqual(new Set([document]));
  });

  test('names a record that is gone', async () => {
    const { folder } = await damaged((rows, file) => rows.delete(keysOf(rows, `r/${file}/`)[0] as string));
    expect(whats(await folder.verify())).toContain('order differs');
  });

  test('names an index entry that does not follow from the records', async () => {
    let document = '';
    const { folder } = await damaged((rows, file) => {
      document = file;
      // The bytes of its records: how many records there are is checked when the folder is opened.
      flip(rows, at(`d/${file}`), 2);
    });
    expect(await folder.verify()).toMatchObject([{ document, what: 'index differs' }]);
  });

  test('names a place in the order whose digest is another, and an end that is not the end', async () => {
    const { folder } = await damaged((rows) => flip(rows, keysOf(rows, 's/')[1], 0));
    const findings = await folder.verify();
    expect(new Set(whats(findings))).toEqual(new Set(['order differs']));
    expect(findings[0]?.detail).toContain('place 2');
    const other = await damaged((rows) => flip(rows, at('l'), -1));
    expect(await other.folder.verify()).toMatchObject([{ what: 'order differs' }]);
  });

  test('names a place that leads to another document', async () => {
    const { folder } = await damaged((rows, file) => {
      const key = keysOf(rows, 's/')[2] as string;
      rows.set(key, Uint8Array.of(...(rows.get(key) as Uint8Array).subarray(0, 16), ...utf8(`${file}x`)));
    });
    expect(whats(await folder.verify())).toContain('order differs');
  });
});

describe('verify of what is compacted', () => {
  /** A file in two packs and loose records behind them, after `damage`, opened anew. */
  async function compacted(
    damage: (rows: Map<string, Uint8Array>, file: string) => void,
  ): Promise<TestFolder> {
    const { folder, store, compactor } = await openFolder({ seed: 1, id: ID, name: 'notes', policy: EAGER });
    for (let i = 0; i < 6; i++) {
      await folder.writeFile('a.txt', 'line\n'.repeat(i));
      await folder.flush();
      await compactor.idle();
    }
    await compactor.close();
    await folder.writeFile('a.txt', 'the end\n');
    await folder.flush();
    damage(store.rows, (await folder.stat('a.txt')).id);
    return openFolder({ seed: 2, id: ID, rows: store.rows });
  }

  test('finds nothing where the state and the counts follow from the records', async () => {
    const { folder, store } = await compacted(() => undefined);
    expect([...store.rows.keys()].some(isPackKey)).toBe(true);
    expect(await folder.verify()).toEqual([]);
  });

  test('names a pack that is damaged once, and a record behind it that is gone', async () => {
    let document = '';
    const { folder } = await compacted((rows, file) => {
      document = file;
      const keys = keysOf(rows, `r/${file}/`);
      flip(rows, keys.find(isPackKey), -1);
      rows.delete(keys.findLast((key) => !isPackKey(key)) as string);
    });
    const findings = await folder.verify();
    expect(findings.filter(({ what }) => what === 'record damaged')).toMatchObject([{ document }]);
    expect(findings.filter(({ detail }) => detail.startsWith('no record stands'))).toHaveLength(1);
  });

  test('names a state that stands for another text than its records come to', async () => {
    let document = '';
    const { folder } = await compacted((rows, file) => {
      document = file;
      const [key, other] = [at(`n/${file}`), at('n/tree0')];
      const read = (row: string): ReturnType<typeof readState> =>
        storedRow(row, rows.get(row) as Uint8Array, readState);
      rows.set(key, encodeState({ ...read(key), body: read(other).body }));
    });
    expect(await folder.verify()).toMatchObject([
      { document, what: 'state differs', detail: 'the state does not follow from the records' },
    ]);
  });

  test('names a state whose heads are not those of its records', async () => {
    const { folder } = await compacted((rows, file) => {
      const key = at(`n/${file}`);
      const state = storedRow(key, rows.get(key) as Uint8Array, readState);
      rows.set(key, encodeState({ ...state, covers: new Map() }));
    });
    expect(whats(await folder.verify())).toEqual(['state differs']);
  });
});

test('names a record that cannot be applied once, however often its file is looked at', async () => {
  const { folder, state } = await openFolder({ seed: 1, id: ID, name: 'w' });
  await folder.writeFile('a.txt', 'one\n');
  await folder.flush();
  const { id } = await folder.stat('a.txt');
  const other = authorOf(newDeviceId(seededRandom(9)), newRunId(seededRandom(9)));
  const body = Uint8Array.of(0, 7, 7, 7);
  const record = { folder: ID, document: documentOf(id), author: other, counter: 1, prev: 0, time: 1, body };
  await state.log.append([makeRecord(record)]).durable;
  for (let times = 0; times < 3; times++) await folder.versions('a.txt');
  expect(whats(await folder.verify())).toEqual(['record not applied']);
  expect(await folder.readFile('a.txt', 'utf8')).toBe('one\n');
});
