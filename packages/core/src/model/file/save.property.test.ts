/**
 * Laws of saves.
 *
 * - Replicas that exchanged everything show the same, whatever was saved where, in which order and against what.
 * - No inserted line is lost: it is there unless it was missing in a later save of a disk that had shown it.
 * - What a disk shows after a save is what was saved, and the next save is told apart from it.
 * - A save against an older base keeps exactly the characters that it keeps on a device of that older state, but that it inserts
 *   nothing that somebody else inserted there.
 * - By lines, no line comes out that is in none of the texts that went in.
 * - Where a three-way merge by lines is clean, the result is that merge: of edits of both sides that are not the same, and of any if
 *   the one side's are on the other's device when that saves.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { type BlobName, sha256, toHex, utf8 } from '../../base/index.ts';
import { newDocument } from '../body-codec.ts';
import {
  contentDigest,
  decodeShownFile,
  encodeShownFile,
  type FileContent,
  firstUpdate,
  readFile,
  resolveConflict,
  saveContent,
  type ShownFile,
  shownFile,
  textHunks,
  type Unit,
} from './index.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 200);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const text = (value: string): FileContent => ({ kind: 'text', text: value });
const blob = (n: number): FileContent => ({
  kind: 'blob',
  name: toHex(sha256(Uint8Array.of(n))) as BlobName,
  size: 1,
});
const textIn = (doc: Y.Doc): string => {
  const { shown } = readFile(doc);
  return shown.kind === 'text' ? shown.text : '';
};

function seedOf(first: string): Y.Doc {
  const doc = newDocument('file', 9, true);
  Y.applyUpdate(doc, firstUpdate(1, text(first), contentDigest(utf8(first)), '0000000000'));
  return doc;
}

function copyOf(doc: Y.Doc, clientID: number): Y.Doc {
  const copy = newDocument('file', clientID, true);
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

const send = (from: Y.Doc, to: Y.Doc): void =>
  Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));

/** A device: its document, and what its disk shows, which may lag behind. */
class Device {
  readonly doc: Y.Doc;
  readonly #tag: string;
  disk: ShownFile;

  constructor(seed: Y.Doc, number: number) {
    this.doc = copyOf(seed, 10 + number);
    this.#tag = `${number}`.repeat(10);
    this.disk = shownFile(this.doc);
  }

  /** The disk gets the newest content. */
  show(): void {
    this.disk = shownFile(this.doc);
  }

  save(content: FileContent, unit: Unit): void {
    const isNewest =
      JSON.stringify(this.disk) === JSON.stringify(shownFile(this.doc)) &&
      readFile(this.doc).others.length === 0;
    const after = saveContent(this.doc, this.disk, content, { tag: this.#tag, unit });
    expect(after === undefined).toBe(JSON.stringify(this.disk.content) === JSON.stringify(content));
    if (after === undefined) return;
    expect(after.content).toEqual(content);
    if (isNewest) expect(after).toEqual(shownFile(this.doc));
    this.disk = decodeShownFile(encodeShownFile(after));
    expect(this.disk).toEqual(after);
  }

  resolve(choice: number): void {
    const { others } = readFile(this.doc);
    resolveConflict(
      this.doc,
      ['shown', ...others.map(({ id }) => id)][choice % (others.length + 1)] as string,
      this.#tag,
    );
  }
}

const DEVICES = 3;
const device = fc.nat(DEVICES - 1);
const place = fc.nat(1000);
const stepOf = {
  show: fc.record({ type: fc.constant('show' as const), device }),
  send: fc.record({ type: fc.constant('send' as const), device, to: device }),
  edit: fc.record({
    type: fc.constant('edit' as const),
    device,
    at: place,
    remove: fc.nat(3),
    insert: fc.nat(2),
  }),
  replace: fc.record({
    type: fc.constant('replace' as const),
    device,
    with: fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '\r\n', '😀', '漢', 'é'), maxLength: 12 }),
  }),
  same: fc.record({ type: fc.constant('same' as const), device, at: fc.nat(2) }),
  blob: fc.record({ type: fc.constant('blob' as const), device, n: fc.nat(3) }),
  resolve: fc.record({ type: fc.constant('resolve' as const), device, choice: fc.nat(3) }),
  type: fc.record({ type: fc.constant('type' as const), device, at: place }),
};
type Step<K extends keyof typeof stepOf = keyof typeof stepOf> =
  (typeof stepOf)[K] extends fc.Arbitrary<infer T> ? T : never;

/** Removes lines of the disk's text and puts new ones, which occur nowhere else, in their place. */
function edited({ disk }: Device, { at, remove, insert }: Step<'edit'>, fresh: () => string): string {
  const lines = disk.text.split(/(?<=\n)/);
  const from = lines.length === 0 ? 0 : at % (lines.length + 1);
  lines.splice(from, remove, ...Array.from({ length: insert }, fresh));
  return lines.join('');
}

function settle(devices: readonly Device[]): void {
  for (let round = 0; round < 2; round++) {
    for (const from of devices) for (const to of devices) send(from.doc, to.doc);
  }
  const [first, ...rest] = devices.map(({ doc }) => readFile(doc));
  for (const other of rest) expect(other).toEqual(first);
}

describe('any saves, in any order and against any base', () => {
  test('end in the same content and the same conflicts everywhere, and the bytes of a save are what its disk shows', () => {
    const steps = fc.array(
      fc.oneof(
        stepOf.show,
        stepOf.send,
        stepOf.edit,
        stepOf.replace,
        stepOf.same,
        stepOf.blob,
        stepOf.resolve,
        stepOf.type,
      ),
      { maxLength: 30 },
    );
    let conflicts = 0;
    fc.assert(
      fc.property(fc.constantFrom<Unit>('lines', 'words'), steps, (unit, list) => {
        const devices = Array.from({ length: DEVICES }, (_, i) => new Device(seedOf('one\ntwo\nthree\n'), i));
        let count = 0;
        for (const step of list) {
          const on = devices[step.device] as Device;
          if (step.type === 'show') on.show();
          else if (step.type === 'send') send(on.doc, (devices[step.to] as Device).doc);
          else if (step.type === 'edit') on.save(text(edited(on, step, () => `${count++}\n`)), unit);
          else if (step.type === 'replace') on.save(text(step.with), unit);
          else if (step.type === 'same')
            on.save(text(edited(on, { ...step, type: 'edit', remove: 0, insert: 1 }, () => 'same\n')), unit);
          else if (step.type === 'blob') on.save(blob(step.n), unit);
          else if (step.type === 'resolve') on.resolve(step.choice);
          else on.doc.getText('t').insert(step.at % (on.doc.getText('t').length + 1), 'typed');
        }
        settle(devices);
        conflicts += readFile((devices[0] as Device).doc).others.length;
      }),
      PARAMETERS,
    );
    if (RUNS >= 100) expect(conflicts).toBeGreaterThan(0);
  });

  test('lose no line that was inserted, but for those that a later save of a disk showing them left out', () => {
    const steps = fc.array(fc.oneof(stepOf.show, stepOf.send, { weight: 3, arbitrary: stepOf.edit }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.constantFrom<Unit>('lines', 'words'), fc.boolean(), steps, (unit, repeats, list) => {
        const devices = Array.from({ length: DEVICES }, (_, i) => new Device(seedOf('a\nb\nc\nd\ne\n'), i));
        const expected = new Set<string>();
        const removed = new Set<string>();
        let count = 0;
        const fresh = (): string => {
          const line = `line number w${repeats ? count++ % 3 : count++}w of many\n`;
          expected.add(line);
          return line;
        };
        for (const step of list) {
          const on = devices[step.device] as Device;
          if (step.type === 'show') on.show();
          else if (step.type === 'send') send(on.doc, (devices[step.to] as Device).doc);
          else {
            const next = edited(on, step, fresh);
            for (const line of expected)
              if (on.disk.text.includes(nameOf(line)) && !next.includes(nameOf(line))) removed.add(line);
            on.save(text(next), unit);
          }
        }
        settle(devices);
        const result = textIn((devices[0] as Device).doc);
        const kept = [...expected].filter((line) => !removed.has(line));
        if (unit === 'lines') expect(result.split(/(?<=\n)/)).toEqual(expect.arrayContaining(kept));
        // By words an inserted line can take over the end of a line that it replaced, and share its fate.
        else for (const line of kept) expect(result).toContain(nameOf(line));
      }),
      PARAMETERS,
    );
  });

  test("keep the same characters whether the others' edits came before the save or after, and what both inserted once or twice", () => {
    let once = 0;
    fc.assert(
      fc.property(
        fc.constantFrom<Unit>('lines', 'words'),
        messyText(),
        messyText(),
        messyText(),
        fc.boolean(),
        (unit, base, own, theirs, isAlike) => {
          const mine = isAlike ? theirs + own : own;
          const seed = seedOf(base);
          const shown = shownFile(seed);
          const [other, late, apart] = [copyOf(seed, 2), copyOf(seed, 3), copyOf(seed, 4)];
          saveContent(other, shown, text(theirs), { tag: '2222222222', unit });
          send(other, late);
          saveContent(late, shown, text(mine), { tag: '3333333333', unit });
          saveContent(apart, shown, text(mine), { tag: '3333333333', unit });
          send(other, apart);
          const inserted = new Set(textHunks(base, theirs, unit).map(({ insert }) => insert));
          const alike = textHunks(base, mine, unit).flatMap(({ insert }) =>
            inserted.has(insert) ? Array.from(insert) : [],
          );
          const [fewer, more] = [late, apart].map((doc) => Array.from(textIn(doc))) as [string[], string[]];
          const missing = without(more, fewer);
          expect(without(fewer, more)).toEqual([]);
          expect(without(missing, alike)).toEqual([]);
          if (missing.length > 0) once++;
        },
      ),
      PARAMETERS,
    );
    if (RUNS >= 100) expect(once).toBeGreaterThan(0);
  });
});

/** What is left of the characters when the others are taken away, each once. */
function without(characters: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return characters.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** The word that no other line has. */
const nameOf = (line: string): string => /w\d+w/.exec(line)?.[0] ?? line;

/** Texts of all line ends, words, blanks, marks and signs. */
function messyText(): fc.Arbitrary<string> {
  const unit = fc.constantFrom(
    'a',
    'b',
    'word',
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\r',
    '😀',
    '👩\u200d👧',
    'e\u0301',
    '漢',
    '.',
    '\ufeff',
  );
  return fc.string({ unit, maxLength: 25 });
}

describe('hunks', () => {
  test('turn the base into the next text, without touching each other or cutting a pair', () => {
    fc.assert(
      fc.property(fc.constantFrom<Unit>('lines', 'words'), messyText(), messyText(), (unit, base, next) => {
        let result = '';
        let at = 0;
        let end = -1;
        for (const { offset, remove, insert } of textHunks(base, next, unit)) {
          expect(offset).toBeGreaterThan(end);
          expect(remove + insert.length).toBeGreaterThan(0);
          for (const cut of [offset, offset + remove]) expect(cutsPair(base, cut)).toBe(false);
          result += base.slice(at, offset) + insert;
          end = at = offset + remove;
        }
        expect(result + base.slice(at)).toBe(next);
      }),
      { ...PARAMETERS, numRuns: 10 * RUNS },
    );
  });

  test('that only insert or only delete lines are as far down as they fit', () => {
    const lines = fc.array(fc.constantFrom('a\n', 'b\n', '\n'), { maxLength: 20 });
    fc.assert(
      fc.property(lines, lines, (baseLines, nextLines) => {
        const base = baseLines.join('');
        const hunks = textHunks(base, nextLines.join(''), 'lines');
        hunks.forEach(({ offset, remove, insert }, i) => {
          if (remove > 0 && insert !== '') return;
          const moved = insert === '' ? base.slice(offset, offset + remove) : insert;
          const behind = base.slice(offset + remove, hunks[i + 1]?.offset);
          if (behind !== '') expect(firstLine(moved)).not.toBe(firstLine(behind));
        });
      }),
      { ...PARAMETERS, numRuns: 10 * RUNS },
    );
  });
});

const firstLine = (value: string): string => value.slice(0, value.indexOf('\n'));

function cutsPair(value: string, at: number): boolean {
  const pair = value.slice(Math.max(0, at - 1), at + 1);
  return pair === '\r\n' || /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair);
}

describe('by lines', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '{', '}', ''), { maxLength: 12 });

  test('no line comes out that is in none of the texts that went in', () => {
    fc.assert(
      fc.property(lines, lines, lines, (base, left, right) => {
        const known = new Set([...base, ...left, ...right]);
        for (const line of merged(base, left, right)) expect(known).toContain(line);
      }),
      { ...PARAMETERS, numRuns: 5 * RUNS },
    );
  });

  test.each(['apart', 'behind'] as const)(
    'where a three-way merge is clean, its result comes out: %s',
    (order) => {
      const edits = fc.array(
        fc.record({
          at: place,
          remove: fc.nat(2),
          insert: fc.array(fc.constantFrom('a', 'b', 'c', '{', '}', '', 'x', 'y'), { maxLength: 2 }),
        }),
        { minLength: 1, maxLength: 2 },
      );
      // Of lines that repeat, patience and a longest common subsequence keep different ones now and then. Then an edit that both made is
      // another one here and there, by the other edits beside it; apart, that does not show.
      const base =
        order === 'apart'
          ? fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', '{', '}', ''), {
              minLength: 6,
              maxLength: 30,
            })
          : fc.uniqueArray(fc.nat(99).map(String), { minLength: 6, maxLength: 30 });
      // What both did comes first in their lists: places of the others do not depend on each other's.
      const both = order === 'apart' ? fc.constant([]) : fc.oneof(fc.constant([]), edits);
      let [clean, equal, same] = [0, 0, 0];
      fc.assert(
        fc.property(base, both, edits, edits, (texts, common, leftEdits, rightEdits) => {
          const [left, right] = [leftEdits, rightEdits].map((list) => {
            const next: string[] = [...texts];
            for (const { at, remove, insert } of [...common, ...list])
              next.splice(at % (next.length + 1), remove, ...insert);
            return next;
          }) as [string[], string[]];
          const expected = threeWayMerge(texts, left, right, order === 'behind');
          if (expected === undefined) return;
          clean++;
          if (common.length > 0) same++;
          if (merged(texts, left, right, order).join('\n') === expected.join('\n')) equal++;
        }),
        // Many: the share is near enough to its mean that no run of bad luck comes to the bound.
        { ...PARAMETERS, numRuns: 40 * RUNS },
      );
      process.stdout.write(
        `equal to a three-way merge, ${order}: ${equal} of ${clean} clean ones (${same} with edits that both made), ${((100 * equal) / clean).toFixed(2)} %\n`,
      );
      expect(clean).toBeGreaterThan(RUNS);
      if (order === 'behind') expect(same).toBeGreaterThan(RUNS / 2);
      expect(equal / clean).toBeGreaterThanOrEqual(0.995);
    },
  );
});

/** The lines after two devices saved and met; `behind`: what the first saved was on the second one's device, and not on its disk. */
function merged(
  base: string[],
  left: string[],
  right: string[],
  order: 'apart' | 'behind' = 'apart',
): string[] {
  const seed = seedOf(base.map((line) => `${line}\n`).join(''));
  const [a, b] = [copyOf(seed, 2), copyOf(seed, 3)];
  const shown = shownFile(seed);
  for (const [doc, next] of [
    [a, left],
    [b, right],
  ] as const) {
    if (doc === b && order === 'behind') send(a, b);
    saveContent(doc, shown, text(next.map((line) => `${line}\n`).join('')), {
      tag: '2222222222',
      unit: 'lines',
    });
  }
  send(a, b);
  return textIn(b).split('\n').slice(0, -1);
}

interface Change {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** A naive merge by lines; `undefined` where changes of both sides overlap or touch, as in git. `once`: what both changed alike counts once. */
function threeWayMerge(base: string[], left: string[], right: string[], once = false): string[] | undefined {
  const mine = changesOf(base, left);
  const known = new Set(once ? mine.map((change) => JSON.stringify(change)) : []);
  const theirs = changesOf(base, right).filter((change) => !known.has(JSON.stringify(change)));
  const changes = [...mine, ...theirs].toSorted((a, b) => a.from - b.from || a.to - b.to);
  const result: string[] = [];
  let at = 0;
  let end = -1;
  for (const { from, to, lines } of changes) {
    if (from <= end) return undefined;
    result.push(...base.slice(at, from), ...lines);
    at = to;
    end = to;
  }
  return [...result, ...base.slice(at)];
}

/** By a longest common subsequence whose matches are as early as can be, so changes are as far down. */
function changesOf(base: readonly string[], next: readonly string[]): Change[] {
  const length = base
    .map(() => Array.from({ length: next.length + 1 }, () => 0))
    .concat([Array.from({ length: next.length + 1 }, () => 0)]);
  const at = (i: number, j: number): number => length[i]?.[j] ?? 0;
  for (let i = base.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      (length[i] as number[])[j] =
        base[i] === next[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const changes: Change[] = [];
  let [i, j, from, start] = [0, 0, 0, 0];
  const close = (): void => {
    if (from < i || start < j) changes.push({ from, to: i, lines: next.slice(start, j) });
  };
  while (i < base.length && j < next.length) {
    if (base[i] === next[j]) {
      close();
      i++;
      j++;
      [from, start] = [i, j];
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  [i, j] = [base.length, next.length];
  close();
  return changes;
}
