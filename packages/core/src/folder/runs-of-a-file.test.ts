/**
 * What a file costs that is written in one run after the other: a state vector and heads with one entry for each of them, of a stated number
 * of bytes, however often each wrote.
 */
import * as Y from 'yjs';
import { expect, test } from 'vitest';
import { type DeviceId, documentOf, type FolderId } from '../base/index.ts';
import { encodeHeads } from '../protocol/index.ts';
import { EAGER, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const DEVICE = '00112233445566778899aabbccddeeff' as DeviceId;
const RUNS = 60;
/** A `clientID` of 53 bits and a clock of less than two millions, of 7 bits a byte. */
const STATE_VECTOR_BYTES = 8 + 3;
/** Device and run, and a counter of less than two millions. */
const HEADS_BYTES = 24 + 3;
/** How many there are. */
const COUNT_BYTES = 2;

test.each([
  ['every record is there', undefined],
  ['they are compacted', EAGER],
])(
  'a file has one entry of bounded size for each run that wrote it, and none for one that reads, where %s',
  async (_, policy) => {
    const rows = new Map<string, Uint8Array>();
    let writing = 0;
    let last: TestFolder | undefined;
    for (let run = 0; run < RUNS; run++) {
      const kept = { id: ID, device: DEVICE, rows, ...(policy === undefined ? {} : { policy }) };
      const opened = await openFolder({ seed: run, ...kept, ...(run === 0 ? { name: 'diary' } : {}) });
      const { folder } = opened;
      const text = run === 0 ? '' : await folder.readFile('diary.md', 'utf8');
      if (run % 3 < 2) {
        writing += 1;
        await folder.writeFile('diary.md', `${text}day ${run}\n`);
        const open = await folder.openDocument('diary.md');
        for (const letter of 'typed') open.text.insert(0, letter);
        open.close();
        await folder.writeFile('diary.md', `day ${run}\n${text.slice(0, 300)}`);
      }
      await folder.flush();
      await opened.compactor.idle();
      await opened.compactor.close();
      last = opened;
    }
    const { folder, state } = last as TestFolder;
    const { id } = await folder.stat('diary.md');
    const doc = await state.documents.newest(documentOf(id));
    const vector = Y.encodeStateVector(doc);
    // What a file begins with is written under a name of its own.
    expect(Y.decodeStateVector(vector).size).toBe(writing + 1);
    expect(vector.byteLength).toBeLessThanOrEqual(COUNT_BYTES + (writing + 1) * STATE_VECTOR_BYTES);
    const heads = folder.nodes.headsOf(id);
    expect(heads.size).toBe(writing);
    expect(encodeHeads(heads).byteLength).toBeLessThanOrEqual(COUNT_BYTES + writing * HEADS_BYTES);
  },
);
