/** What a directory shows of nodes of one name, beside the rule written down plainly; and how many steps that takes. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bucket, type Listed } from './bucket.ts';
import { alternativeName, portableKey } from './names.ts';
import { compareStamps, type Stamp } from './stamp.ts';

/** How often anybody looked at what orders nodes. */
let looks = 0;

class Item implements Listed {
  readonly #id: string;
  readonly isDirectory: boolean;
  ownName: string;
  since: Stamp;
  alternative: string | undefined;

  constructor(id: string, ownName: string, lamport: number, isDirectory = false) {
    this.#id = id;
    this.ownName = ownName;
    this.since = { lamport, tag: 'aaaaaaaaaa' };
    this.isDirectory = isDirectory;
  }

  get id(): string {
    looks += 1;
    return this.#id;
  }
}

const newBucket = (): Bucket<Item> => new Bucket(new Item('owner', '', 0, true), portableKey);

function put(bucket: Bucket<Item>, items: readonly Item[]): void {
  for (const item of items) bucket.put(item, portableKey(item.ownName));
  for (const item of items) bucket.elect(portableKey(item.ownName), [item]);
  bucket.settleNames();
}

function take(bucket: Bucket<Item>, item: Item): void {
  bucket.delete(item, portableKey(item.ownName));
  bucket.elect(portableKey(item.ownName), [item]);
  bucket.settleNames();
}

/** In the order of ids each file whose name is another's takes the first that is free. */
function namesByRule(items: ReadonlySet<Item>): Map<string, string> {
  const keys = new Set([...items].map(({ ownName }) => portableKey(ownName)));
  const names = new Map<string, string>();
  const losers: Item[] = [];
  for (const key of keys) {
    const same = [...items].filter(({ ownName }) => portableKey(ownName) === key);
    same.sort(
      (a, b) =>
        Number(b.isDirectory) - Number(a.isDirectory) ||
        compareStamps(a.since, b.since) ||
        (a.id < b.id ? -1 : 1),
    );
    names.set(key, (same[0] as Item).id);
    losers.push(...same.slice(1).filter(({ isDirectory }) => !isDirectory));
  }
  for (const { ownName, id } of losers.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    let attempt = 0;
    while (names.has(portableKey(alternativeName(ownName, id, attempt)))) attempt++;
    names.set(portableKey(alternativeName(ownName, id, attempt)), id);
  }
  return names;
}

test('whatever comes and goes, each name is shown for whom the rule gives it', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  // Names that are somebody's first or second alternative make a chain of those who push each other aside.
  const names = ['n', 'N', ...ids.flatMap((id) => [0, 1].map((i) => alternativeName('n', id, i)))];
  const step = fc.record({
    id: fc.constantFrom(...ids),
    name: fc.option(fc.oneof(fc.constantFrom('n', 'N'), fc.constantFrom(...names))),
    lamport: fc.nat({ max: 3 }),
    isDirectory: fc.nat({ max: 4 }).map((n) => n === 0),
  });
  let entangled = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
      const bucket = newBucket();
      const here = new Map<string, Item>();
      for (const { id, name, lamport, isDirectory } of steps) {
        const old = here.get(id);
        if (old !== undefined) take(bucket, old);
        here.delete(id);
        if (name !== null) {
          const item = new Item(id, name, lamport, isDirectory);
          here.set(id, item);
          put(bucket, [item]);
        }
        const byRule = namesByRule(new Set(here.values()));
        for (const [key, holder] of byRule) expect(bucket.at(key)?.id).toBe(holder);
        expect([...bucket.shown()].length).toBe(byRule.size);
        entangled += [...bucket.entangled()].length;
      }
    }),
    { numRuns: 10 * Number(process.env['PROP_RUNS'] ?? 60) },
  );
  expect(entangled).toBeGreaterThan(0);
});

/** Of one name: `EQUAL_NAMES=1000000` takes a minute or two. */
const MANY = Number(process.env['EQUAL_NAMES'] ?? 10_000);

test(
  'one more of very many of a name, and one less, takes as few steps as in a group of ten',
  { timeout: 10_000 + MANY },
  () => {
    const steps = (count: number): number => {
      const bucket = newBucket();
      const items = Array.from({ length: count }, (_, i) => new Item(`${i}`.padStart(6, '0'), 'same', i));
      put(bucket, items);
      looks = 0;
      for (let i = 0; i < 100; i++) {
        const another = new Item(`x${i}`, 'same', count + i);
        put(bucket, [another]);
        take(bucket, another);
        // And of those that are there, whoever is shown under the name goes.
        take(bucket, items[i % 5] as Item);
        put(bucket, [items[i % 5] as Item]);
      }
      return looks;
    };
    const few = steps(10);
    expect(few).toBeGreaterThan(0);
    expect(steps(MANY)).toBeLessThan(10 * few);
  },
);

test('ranks that change while others come are compared as they were told', () => {
  const bucket = newBucket();
  const items = Array.from({ length: 50 }, (_, i) => new Item(`${i}`.padStart(2, '0'), 'same', i));
  put(bucket, items);
  // All are moved at once, in the opposite order, before anybody is told of the first one.
  for (const [i, item] of items.entries()) item.since = { lamport: 1000 - i, tag: 'aaaaaaaaaa' };
  put(bucket, items);
  expect(bucket.at('same')).toBe(items.at(-1));
  expect(items.filter(({ alternative }) => alternative === undefined)).toEqual([items.at(-1)]);
});
