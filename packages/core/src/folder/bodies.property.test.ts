/**
 * Laws of a folder of which the tree alone is here:
 *
 * - whatever was told of when, all show the same once all have everything;
 * - what somebody removed who had no body is gone, unless something was written into it of which nobody had told him;
 * - he works on the tree as somebody does who has all bodies.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { documentOf, type FolderId, type NodeId, TREE_DOCUMENT } from '../base/index.ts';
import { type Heads, NO_HEADS } from '../protocol/index.ts';
import { exchange, listing, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;
const FILES = 4;
const RUNS = Number(process.env['PROP_RUNS'] ?? 40);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const facts = { removed: 0, survived: 0, gone: 0, moved: 0 };

interface File {
  /** Edits of which he is told, and edits of which he is not. */
  readonly told: number;
  readonly untold: number;
  readonly does: 'remove' | 'move' | 'nothing';
  /** An edit that is made elsewhere while he does that. */
  readonly isEdited: boolean;
}

const file: fc.Arbitrary<File> = fc.record({
  told: fc.nat({ max: 2 }),
  untold: fc.nat({ max: 1 }),
  does: fc.constantFrom('remove' as const, 'move' as const, 'nothing' as const),
  isEdited: fc.boolean(),
});

/** Gives `to` the tree alone. */
async function giveTree(from: TestFolder, to: TestFolder): Promise<void> {
  await from.folder.flush();
  for await (const { record } of from.state.log.read.document(TREE_DOCUMENT, NO_HEADS))
    await to.state.log.append([record]).durable;
}

async function tell({ state }: TestFolder, id: NodeId, heads: Heads): Promise<void> {
  const debts = [{ document: documentOf(id), bytes: 1, heads }];
  await state.options.committer.commit(state.debts.owe('peer', debts));
}

test('a removal without the body covers what was told, and nothing else', { timeout: 120_000 }, async () => {
  const files = fc.array(file, { minLength: FILES, maxLength: FILES });
  await fc.assert(fc.asyncProperty(files, fc.boolean(), withoutBodies), PARAMETERS);
});

async function withoutBodies(files: readonly File[], isWhole: boolean): Promise<void> {
  const ada = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const ben = await openFolder({ seed: 2, id: ID, bodies: 'used' });
  const ids: NodeId[] = [];
  for (const [i] of files.entries()) {
    await ada.folder.writeFile(`d/${i}`, `made ${i}\n`);
    ids.push((await ada.folder.stat(`d/${i}`)).id);
  }
  await giveTree(ada, ben);
  for (const [i, { told, untold }] of files.entries()) {
    const id = ids[i] as NodeId;
    for (let n = 0; n < told; n++) await ada.folder.writeFile(`d/${i}`, `told ${n} of ${i}\n`);
    await tell(ben, id, ada.state.log.assignedHeads(documentOf(id)));
    for (let n = 0; n < untold; n++) await ada.folder.writeFile(`d/${i}`, `untold ${n} of ${i}\n`);
  }
  const isRemoved = files.map(({ does }) => isWhole || does === 'remove');
  for (const [i, { does, isEdited }] of files.entries()) {
    if (isEdited) await ada.folder.writeFile(`d/${i}`, `edited ${i}\n`);
    if (isWhole) continue;
    if (does === 'remove') await ben.folder.rm(`d/${i}`);
    if (does === 'move') await ben.folder.rename(`d/${i}`, `moved ${i}`);
    if (does === 'move') facts.moved += 1;
    expect(await ben.folder.readdir('d').then((names) => names.includes(`${i}`))).toBe(does === 'nothing');
  }
  if (isWhole) await ben.folder.rm('d', { recursive: true });
  for (const id of ids) expect(ben.state.log.document(documentOf(id))).toBeUndefined();

  await exchange(ada, ben);
  const shown = await listing(ada);
  expect(await listing(ben)).toEqual(shown);
  for (const [i, { untold, isEdited, does }] of files.entries()) {
    const lives = !isRemoved[i] || untold > 0 || isEdited;
    const path = !isWhole && does === 'move' ? `moved ${i}` : `d/${i}`;
    expect(path in shown, path).toBe(lives);
    if (isRemoved[i] === true) facts[lives ? 'survived' : 'gone'] += 1;
    if (isRemoved[i] === true) facts.removed += 1;
  }
  for (const { folder } of [ada, ben]) expect(await folder.verify()).toEqual([]);
}

afterAll(() => {
  if (SEED !== undefined) return;
  for (const [what, times] of Object.entries(facts)) expect(times, what).toBeGreaterThan(RUNS / 10);
});
