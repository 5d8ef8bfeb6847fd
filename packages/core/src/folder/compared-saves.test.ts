/** A save of a large text lets others have their turn while it is compared, and stands where it belongs whatever they do. */
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
