/**
 * The tree, found the slow way: from nothing, in one pass over all registers, cycles in any order. It shares nothing with the
 * view that it judges, which only ever mends what changed.
 */
import { claimedHeads, hadSeen, isClaim } from './claimed-heads.ts';
import type { Entry } from './paths.ts';
import { beside, nameKeyOf, shown } from './portable-names.ts';
import { saidIn, startOf } from './removals.ts';

/**
 * The maps of a tree's document: creations, placements, names, deletions of the older form, what operations removed or, in the older
 * form, had seen, executable bits, and metadata.
 */
export type Registers = Readonly<
  Record<'c' | 'p' | 'n' | 'x' | 'd' | 'e' | 'm', ReadonlyMap<string, unknown>>
>;

/** An entry that is shown, and whether it is a removed directory that is shown for what it holds. */
export interface Shown extends Entry {
  readonly skeleton: boolean;
}

/** How often the rules that only concurrency needs had something to do. */
export interface Facts {
  /** Directories that are not where they were put, because of a cycle. */
  cycles: number;
  /** Removed directories shown for what they hold. */
  skeletons: number;
  /** Files whose name a sibling has. */
  conflicts: number;
  /** Directories that stand for several of one name. */
  united: number;
  /** Whose removal does not hold because of what its author had not seen inside, or because the directory around was moved. */
  revived: number;
  /** Living nodes that cannot be shown, because a directory above has not arrived. */
  orphans: number;
}

export interface Rebuilt {
  readonly paths: Map<string, Shown>;
  /** Nodes that have their place in it: those at the paths, and those that are united with them. */
  readonly listed: ReadonlySet<string>;
  /** By node, the directory that it is in, shown or not. */
  readonly parents: ReadonlyMap<string, string | undefined>;
  readonly facts: Facts;
}

interface Item {
  readonly id: string;
  readonly kind: Entry['kind'];
  readonly name: string;
  readonly made: string;
  readonly arrived: string;
  /** When it was put where it is. */
  readonly put: string;
  readonly parents: string[];
  choice: number;
  parent: string | undefined;
}

const ID = /^0[\w-]{16}$/;
const STAMP = /^(0|[1-9a-z][0-9a-z]{0,10})\.([0-9a-f]{10})$/;
const CREATED = /^([dfl])\|(root|0[\w-]{16})\|([^|]*)\|([^|]*)\|([^]*)$/;
const PLACED = /^(root|0[\w-]{16})\|([^|]*)\|([^|]*)\|([^|]*)\|(root|0[\w-]{16}|)$/;
const NAMED = /^([^|]*)\|([^|]*)\|([^|]*)\|([^]*)$/;
const DELETION = /^([^|]*)\|([^|]*)\|(0[\w-]{16})\|([^|]*)\|([^|]*)(?:\|([^|]*))?$/;
const DELETION_KEY = /^(0[\w-]{16})~[0-9a-f]{10}$/;
const KINDS: Record<string, Entry['kind']> = { d: 'directory', f: 'file', l: 'symlink' };

/**
 * @param headsOf what is held or told of a file's document
 * @param pick decides by which of `n` cycles to begin
 */
export function rebuild(
  registers: Registers,
  headsOf: (id: string) => ReadonlyMap<string, number>,
  pick: (n: number) => number,
): Rebuilt {
  const read = (map: keyof Registers, key: string, form: RegExp, stampAt: number): string[] | undefined => {
    const value = registers[map].get(key);
    const found = typeof value === 'string' && value.length <= 4096 ? form.exec(value) : null;
    return found !== null && isStamp(found[stampAt] as string) ? [...found] : undefined;
  };
  const placed = (id: string): string[] | undefined => read('p', id, PLACED, 2);
  const named = (id: string): string[] | undefined => read('n', id, NAMED, 1);
  const group = (id: string): string => `${placed(id)?.[4] ?? ''},${named(id)?.[3] ?? ''}`;

  const items = new Map<string, Item>();
  for (const id of registers.c.keys()) {
    const c = ID.test(id) ? read('c', id, CREATED, 3) : undefined;
    if (c === undefined) continue;
    const [p, n] = [placed(id), named(id)];
    const [, letter = '', parent = '', made = '', , name = ''] = c;
    const stamps = [made, p?.[2], n?.[1]].filter((stamp) => stamp !== undefined).sort(byStamp);
    const parents = [p?.[1], p?.[5], parent].filter((other) => other !== undefined && other !== '');
    items.set(id, {
      id,
      kind: KINDS[letter] as Entry['kind'],
      name: n?.[4] ?? name,
      made,
      arrived: stamps.at(-1) as string,
      put: p?.[2] ?? made,
      parents: [...new Set(parents)] as string[],
      choice: 0,
      parent: undefined,
    });
  }

  const facts = {
    cycles: placeAll(items, pick),
    skeletons: 0,
    conflicts: 0,
    united: 0,
    revived: 0,
    orphans: 0,
  };
  const dead = new Set<string>();
  const spared = new Set<string>();
  for (const key of registers.x.keys()) {
    const id = DELETION_KEY.exec(key)?.[1];
    const x = read('x', key, DELETION, 5);
    if (id === undefined || x === undefined || !isClaim(x[6])) continue;
    const [, placedToken, namedToken, via = '', viaGroup, operation = '', claim] = x;
    if (placedToken !== (placed(id)?.[3] ?? '') || namedToken !== (named(id)?.[2] ?? '')) continue;
    const seen = claimedHeads(registers.d.get(operation), claim);
    if (seen === undefined) continue;
    const holds = (via === id || viaGroup === group(via)) && hadSeen(seen, headsOf(id));
    (holds ? dead : spared).add(id);
  }
  const starts = [...items.keys()].map((id) => ({ id, start: startOf(id) }));
  for (const [key, value] of registers.d) {
    if (!isOperation(key)) continue;
    for (const said of saidIn(value) ?? []) {
      for (const { id, start } of starts) {
        if (!start.startsWith(said.start)) continue;
        if (said.placedToken !== (placed(id)?.[3] ?? '') || said.namedToken !== (named(id)?.[2] ?? ''))
          continue;
        const { via = id, viaGroup, seen } = said;
        const holds = (via === id || viaGroup === group(via)) && hadSeen(seen, headsOf(id));
        (holds ? dead : spared).add(id);
      }
    }
  }
  facts.revived = [...spared].filter((id) => !dead.has(id)).length;

  const inside = new Map<string, Item[]>();
  for (const item of items.values()) {
    if (item.parent === undefined) continue;
    const siblings = inside.get(item.parent);
    if (siblings === undefined) inside.set(item.parent, [item]);
    else siblings.push(item);
  }
  const visible = new Map<string, boolean>();
  const isVisible = ({ id }: Item): boolean => {
    const known = visible.get(id) ?? (!dead.has(id) || (inside.get(id) ?? []).some(isVisible));
    visible.set(id, known);
    return known;
  };
  const isExecutable = ({ id, kind }: Item): boolean => kind === 'file' && registers.e.get(id) === '1';

  const nameKey = nameKeyOf(registers.m);
  const paths = new Map<string, Shown>();
  const listed = new Set<string>();
  const show = (parents: readonly string[], prefix: string): void => {
    const children = parents.flatMap((id) => inside.get(id) ?? []).filter(isVisible);
    for (const { id } of children) listed.add(id);
    const sameNames = new Map<string, Item[]>();
    for (const child of children) {
      const key = nameKey(child.name);
      sameNames.set(key, [...(sameNames.get(key) ?? []), child]);
    }
    const taken = new Set(sameNames.keys());
    const losers: Item[] = [];
    const below: (() => void)[] = [];
    for (const members of sameNames.values()) {
      const united = members.filter(({ kind }) => kind === 'directory');
      const files = members.filter(({ kind }) => kind !== 'directory');
      united.sort((a, b) => byStamp(a.made, b.made) || byId(a, b));
      files.sort((a, b) => byStamp(a.arrived, b.arrived) || byId(a, b));
      const first = (united[0] ?? files.shift()) as Item;
      losers.push(...files);
      const path = prefix + shown(first.name);
      const skeleton = united.length > 0 && united.every(({ id }) => dead.has(id));
      paths.set(path, { id: first.id, kind: first.kind, executable: isExecutable(first), skeleton });
      if (united.length > 1) facts.united += 1;
      if (skeleton) facts.skeletons += 1;
      if (united.length > 0)
        below.push(() =>
          show(
            united.map(({ id }) => id),
            `${path}/`,
          ),
        );
    }
    for (const loser of losers.sort(byId)) {
      let attempt = 0;
      while (taken.has(nameKey(beside(loser.name, loser.id, attempt)))) attempt++;
      const name = beside(loser.name, loser.id, attempt);
      taken.add(nameKey(name));
      paths.set(prefix + name, {
        id: loser.id,
        kind: loser.kind,
        executable: isExecutable(loser),
        skeleton: false,
      });
      facts.conflicts += 1;
    }
    for (const next of below) next();
  };
  show(['root'], '');
  facts.orphans = [...items.values()].filter(isVisible).length - listed.size;
  const parents = new Map([...items.values()].map(({ id, parent }) => [id, parent]));
  return { paths, listed, parents, facts };
}

/** Gives every item its parent; answers how many are not where they would be but for a cycle. */
function placeAll(items: Map<string, Item>, pick: (n: number) => number): number {
  const isDirectory = (id: string | undefined): boolean =>
    id === 'root' || (id !== undefined && items.get(id)?.kind === 'directory');
  const next = (item: Item, from: number): number =>
    item.parents.findIndex((id, i) => i >= from && isDirectory(id));
  for (const item of items.values()) {
    item.choice = next(item, 0);
    item.parent = item.parents[item.choice];
  }
  const victims = new Set<string>();
  for (;;) {
    const cycles = allCycles(items);
    if (cycles.length === 0) return victims.size;
    const cycle = cycles[pick(cycles.length)] as Item[];
    const free = cycle.filter((item) => next(item, item.choice + 1) >= 0);
    const last = (free.length > 0 ? free : cycle)
      .sort((a, b) => byStamp(a.put, b.put) || byId(a, b))
      .at(-1) as Item;
    last.choice = free.length > 0 ? next(last, last.choice + 1) : last.parents.length;
    last.parent = last.parents[last.choice] ?? 'root';
    victims.add(last.id);
  }
}

function allCycles(items: Map<string, Item>): Item[][] {
  const cycles: Item[][] = [];
  const done = new Set<string>();
  for (const start of items.values()) {
    const path: Item[] = [];
    let at: Item | undefined = start;
    while (at !== undefined && !done.has(at.id)) {
      done.add(at.id);
      path.push(at);
      at = at.parent === undefined ? undefined : items.get(at.parent);
    }
    if (at !== undefined && path.includes(at)) cycles.push(path.slice(path.indexOf(at)));
  }
  return cycles;
}

const lamport = (stamp: string): number => Number.parseInt(stamp, 36);

/** A stamp, which may be numbered. */
const isOperation = (key: string): boolean => isStamp(key.replace(/~[0-9a-z]{1,8}$/, ''));

function isStamp(text: string): boolean {
  const found = STAMP.exec(text);
  return found !== null && lamport(found[1] as string) <= 2 ** 53 - 2 ** 20;
}

const byStamp = (a: string, b: string): number =>
  lamport(a) - lamport(b) || (a.slice(-10) < b.slice(-10) ? -1 : a.slice(-10) > b.slice(-10) ? 1 : 0);

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
