/**
 * The tree, found the slow way: from nothing, in one pass over all registers, cycles in any order. It shares with the
 * view only the rules of names, and serves to prove that the view, which only ever mends what changed, is right.
 */
import type * as Y from 'yjs';
import type { DocumentId } from '../../../base/index.ts';
import { covers, type Heads, Reader, readHeads } from '../../../protocol/index.ts';
import { alternativeName, nameKey, shownName } from '../names.ts';

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly made: string;
  readonly arrived: string;
  /** When it was put where it is. */
  readonly put: string;
  readonly parents: string[];
  choice: number;
  parent: string | undefined;
}

/** How often the rules that only concurrency needs had something to do. */
export interface Facts {
  victims: number;
  skeletons: number;
  conflicts: number;
  united: number;
  hidden: number;
}

export interface Rebuilt {
  /** By path: the node shown there. */
  readonly paths: Map<string, string>;
  readonly facts: Facts;
}

const STAMP = /^(0|[1-9a-z][0-9a-z]{0,10})\.([0-9a-f]{10})$/;
const CREATED = /^([dfl])\|(root|0[\w-]{16})\|([^|]*)\|([^|]*)\|([^]*)$/;
const PLACED = /^(root|0[\w-]{16})\|([^|]*)\|([^|]*)\|([^|]*)\|(root|0[\w-]{16}|)$/;
const NAMED = /^([^|]*)\|([^|]*)\|([^|]*)\|([^]*)$/;
const DELETION = /^([^|]*)\|([^|]*)\|(0[\w-]{16})\|([^|]*)\|([^]*)$/;
const DELETION_KEY = /^(0[\w-]{16})~[0-9a-f]{10}$/;

/** `pick(n)` decides by which of `n` cycles to begin. */
export function rebuild(
  doc: Y.Doc,
  documentHeads: (document: DocumentId) => Heads,
  pick: (n: number) => number,
): Rebuilt {
  const read = (map: string, key: string, form: RegExp, stampAt: number): string[] | undefined => {
    const value = doc.getMap(map).get(key);
    const found = typeof value === 'string' && value.length <= 4096 ? form.exec(value) : null;
    return found !== null && isStamp(found[stampAt] ?? '') ? [...found] : undefined;
  };
  const placed = (id: string): string[] | undefined => read('p', id, PLACED, 2);
  const named = (id: string): string[] | undefined => read('n', id, NAMED, 1);
  const group = (id: string): string => `${placed(id)?.[4] ?? ''},${named(id)?.[3] ?? ''}`;

  const items = new Map<string, Item>();
  for (const id of doc.getMap('c').keys()) {
    const c = /^0[\w-]{16}$/.test(id) ? read('c', id, CREATED, 3) : undefined;
    if (c === undefined) continue;
    const [p, n] = [placed(id), named(id)];
    const [, kind = '', parent = '', made = '', , name = ''] = c;
    const stamps = [made, p?.[2], n?.[1]].filter((stamp) => stamp !== undefined).sort(byStamp);
    const parents = [
      ...new Set([p?.[1], p?.[5], parent].filter((other) => other !== undefined && other !== '')),
    ] as string[];
    const own = n?.[4] ?? name;
    items.set(id, {
      id,
      kind,
      name: own,
      made,
      arrived: stamps.at(-1) as string,
      put: p?.[2] ?? made,
      parents,
      choice: 0,
      parent: undefined,
    });
  }

  const facts: Facts = { victims: placeAll(items, pick), skeletons: 0, conflicts: 0, united: 0, hidden: 0 };
  const dead = new Set<string>();
  for (const key of doc.getMap('x').keys()) {
    const id = DELETION_KEY.exec(key)?.[1];
    const x = read('x', key, DELETION, 5);
    if (id === undefined || x === undefined) continue;
    const [, placedToken, namedToken, via = '', viaGroup, operation = ''] = x;
    if (placedToken !== (placed(id)?.[3] ?? '') || namedToken !== (named(id)?.[2] ?? '')) continue;
    if (via !== id && viaGroup !== group(via)) continue;
    const seen = headsOf(doc.getMap('d').get(operation));
    if (seen !== undefined && covers(seen, documentHeads(id as DocumentId))) dead.add(id);
  }

  const inside = new Map<string, Item[]>();
  for (const item of items.values()) {
    if (item.parent !== undefined) inside.set(item.parent, [...(inside.get(item.parent) ?? []), item]);
  }
  const visible = new Map<string, boolean>();
  const isVisible = ({ id }: Item): boolean => {
    const known = visible.get(id) ?? (!dead.has(id) || (inside.get(id) ?? []).some(isVisible));
    visible.set(id, known);
    return known;
  };

  const paths = new Map<string, string>();
  let reached = 0;
  const show = (directories: readonly string[], prefix: string): void => {
    const children = directories.flatMap((id) => inside.get(id) ?? []).filter(isVisible);
    reached += children.length;
    const groups = new Map<string, Item[]>();
    for (const child of children)
      groups.set(nameKey(child.name), [...(groups.get(nameKey(child.name)) ?? []), child]);
    const taken = new Set(groups.keys());
    const losers: Item[] = [];
    for (const members of groups.values()) {
      const united = members
        .filter(({ kind }) => kind === 'd')
        .sort((a, b) => byStamp(a.made, b.made) || byId(a, b));
      const files = members
        .filter(({ kind }) => kind !== 'd')
        .sort((a, b) => byStamp(a.arrived, b.arrived) || byId(a, b));
      const holder = (united[0] ?? files.shift()) as Item;
      losers.push(...files);
      const path = prefix + shownName(holder.name);
      paths.set(path, holder.id);
      if (united.length > 1) facts.united += 1;
      if (united.length > 0 && united.every(({ id }) => dead.has(id))) facts.skeletons += 1;
      if (united.length > 0)
        show(
          united.map(({ id }) => id),
          `${path}/`,
        );
    }
    for (const loser of losers.sort(byId)) {
      let attempt = 0;
      while (taken.has(nameKey(alternativeName(loser.name, loser.id, attempt)))) attempt++;
      const name = alternativeName(loser.name, loser.id, attempt);
      taken.add(nameKey(name));
      paths.set(prefix + name, loser.id);
      facts.conflicts += 1;
    }
  };
  show(['root'], '');
  facts.hidden = [...items.values()].filter(isVisible).length - reached;
  return { paths, facts };
}

/** Gives every item its parent; answers how many are not where they would be but for a cycle. */
function placeAll(items: Map<string, Item>, pick: (n: number) => number): number {
  const isDirectory = (id: string | undefined): boolean =>
    id === 'root' || (id !== undefined && items.get(id)?.kind === 'd');
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

function headsOf(value: unknown): Heads | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const bytes = Buffer.from(value, 'base64url');
    if (bytes.toString('base64url') !== value || bytes.length === 0) return undefined;
    const reader = new Reader(bytes);
    const heads = readHeads(reader);
    return reader.left === 0 ? heads : undefined;
  } catch {
    return undefined;
  }
}

function isStamp(text: string): boolean {
  const digits = STAMP.exec(text)?.[1];
  return digits !== undefined && Number.parseInt(digits, 36) <= 2 ** 53 - 2 ** 20;
}

function byStamp(a: string, b: string): number {
  const [aNumber = '', aTag = ''] = a.split('.');
  const [bNumber = '', bTag = ''] = b.split('.');
  return (
    Number.parseInt(aNumber, 36) - Number.parseInt(bNumber, 36) || (aTag < bTag ? -1 : aTag > bTag ? 1 : 0)
  );
}

const byId = (a: Item, b: Item): number => (a.id < b.id ? -1 : 1);
