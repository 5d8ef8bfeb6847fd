/**
 * A save of a large text lets others have their turn while it is compared, and stands where it belongs whatever they do; so does a choice
 * between large texts, and a question what differs between them.
 */
import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import type { FolderId } from '../base/index.ts';
import { deliver, exchange, openFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;

/** Gives turns, and does something in one of them. */
class TurningClock extends VirtualClock {
  turns = 0;
  meanwhile: (() => Promise<unknown>) | undefined;

  async turn(): Promise<void> {
    this.turns += 1;
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
  }
}

const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} of the text`);
const textOf = (all: readonly string[]): string => `${all.join('\n')}\n`;
const changed = (which: (at: number) => boolean): string =>
  textOf(lines.map((line, i) => (which(i) ? `${line}, edited` : line)));

test('what arrives and what is typed while a save is compared is in the file with it', async () => {
  const clock = new TurningClock();
  const a = await openFolder({ seed: 1, id: ID, name: 'notes', clock });
  const b = await openFolder({ seed: 2, id: ID, clock: new VirtualClock() });
  await a.folder.writeFile('large.ts', textOf(lines));
  await exchange(a, b);
  await b.folder.writeFile(
    'large.ts',
    changed((i) => i === 7),
  );
  const open = await a.folder.openDocument('large.ts');
  clock.turns = 0;
  clock.meanwhile = async () => {
    await deliver(b, a);
    open.text.insert(0, 'typed\n');
  };
  await a.folder.writeFile(
    'large.ts',
    changed((i) => i >= 100 && i % 3 === 0),
  );
  expect(clock.turns).toBeGreaterThan(3);
  expect(clock.meanwhile).toBeUndefined();
  open.close();
  const expected = `typed\n${changed((i) => i === 7 || (i >= 100 && i % 3 === 0))}`;
  expect((await a.folder.readFile('large.ts', 'utf8')) === expected).toBe(true);
  await exchange(a, b);
  expect((await b.folder.readFile('large.ts', 'utf8')) === expected).toBe(true);
  expect(await a.folder.verify()).toEqual([]);
});

test('what is typed into a document that was closed while a save is compared harms neither', async () => {
  const clock = new TurningClock();
  const a = await openFolder({ seed: 1, id: ID, name: 'notes', clock });
  await a.folder.writeFile('large.ts', textOf(lines));
  const open = await a.folder.openDocument('large.ts');
  clock.meanwhile = async () => {
    open.text.insert(0, 'typed\n');
    open.close();
    // Its program goes on, and nobody records that.
    open.text.insert(0, 'lost\n');
  };
  await a.folder.writeFile(
    'large.ts',
    changed((i) => i >= 100 && i % 3 === 0),
  );
  expect(clock.meanwhile).toBeUndefined();
  const expected = `typed\n${changed((i) => i >= 100 && i % 3 === 0)}`;
  expect((await a.folder.readFile('large.ts', 'utf8')) === expected).toBe(true);
  const b = await openFolder({ seed: 2, id: ID, clock: new VirtualClock() });
  await exchange(a, b);
  expect((await b.folder.readFile('large.ts', 'utf8')) === expected).toBe(true);
  expect(await a.folder.verify()).toEqual([]);
});

test('a small text is compared at once, and where nobody gives turns a large one is, too', async () => {
  const clock = new TurningClock();
  const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes', clock });
  await folder.writeFile('small.ts', 'one\n');
  await folder.writeFile('small.ts', 'two\n');
  expect(clock.turns).toBe(0);
  const other = await openFolder({ seed: 2, id: ID, name: 'notes', clock: new VirtualClock() });
  await other.folder.writeFile('large.ts', textOf(lines));
  await other.folder.writeFile(
    'large.ts',
    changed(() => true),
  );
  expect((await other.folder.readFile('large.ts', 'utf8')) === changed(() => true)).toBe(true);
});

test('while a kept text takes the place of another one, others have their turn, and what arrives then is looked at first', async () => {
  const clock = new TurningClock();
  const a = await openFolder({ seed: 1, id: ID, name: 'notes', clock });
  const b = await openFolder({ seed: 2, id: ID, clock: new VirtualClock() });
  await a.folder.writeFile('large.ts', textOf(lines));
  await exchange(a, b);
  await b.folder.writeFile('large.ts', Uint8Array.of(0, 1, 2));
  const edited = changed((i) => i % 5 === 0);
  await a.folder.writeFile('large.ts', edited);
  await exchange(a, b);
  // The disk shows what is no text: the text beside it is kept, and another one comes to its place.
  const saved = changed((i) => i % 3 === 0);
  await a.folder.writeFile('large.ts', saved);
  await exchange(a, b);
  expect((await a.folder.readFile('large.ts', 'utf8')) === saved).toBe(true);
  const [conflict] = await a.folder.conflicts();
  const kept = conflict?.others?.find(({ content }) => content.kind === 'text' && content.text === edited);
  expect(kept).toBeDefined();

  const late = changed((i) => i % 3 === 0 || i === 1);
  await b.folder.writeFile('large.ts', late);
  clock.turns = 0;
  clock.meanwhile = () => deliver(b, a);
  await expect(a.folder.resolve('large.ts', kept?.id ?? '')).rejects.toMatchObject({
    code: 'CONFLICT_CHANGED',
  });
  expect(clock.turns).toBeGreaterThan(3);
  expect((await a.folder.readFile('large.ts', 'utf8')) === late).toBe(true);

  clock.turns = 0;
  await a.folder.resolve('large.ts', kept?.id ?? '');
  expect(clock.turns).toBeGreaterThan(3);
  await exchange(a, b);
  for (const { folder } of [a, b]) {
    expect((await folder.readFile('large.ts', 'utf8')) === edited).toBe(true);
    expect(await folder.conflicts()).toEqual([]);
    expect(await folder.verify()).toEqual([]);
  }
});

test('what differs between two versions of a large text is found while others have their turn', async () => {
  const clock = new TurningClock();
  const { folder } = await openFolder({ seed: 1, id: ID, name: 'notes', clock });
  await folder.writeFile('large.ts', textOf(lines));
  clock.advance(60_000);
  await folder.writeFile(
    'large.ts',
    changed((i) => i % 100 === 0),
  );
  clock.turns = 0;
  const { hunks } = await folder.diff('large.ts');
  expect(clock.turns).toBeGreaterThan(3);
  expect(hunks).toHaveLength(200);
});
