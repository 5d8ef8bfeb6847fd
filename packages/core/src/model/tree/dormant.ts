/**
 * Nodes that nobody asked for yet. Of most nodes the document says how they were made, and nothing more: they were never moved,
 * renamed or removed, so they are where they were made, and visible if that is. The view has no node for such a one, only its
 * creation, noted under its directory, until somebody looks into that directory, or something happens there. A directory sleeps or
 * is awake as a whole, because the names in it depend on each other. What it shows when it wakes it has shown all the time.
 *
 * Most of what building a view of very many nodes costs is the memory that has to be found, moved and swept for them. This is one
 * list for each directory, of strings that the document holds anyway.
 */
import type * as Y from 'yjs';
import { isNodeId, type NodeId } from '../../base/index.ts';
import { type NodeKind, ROOT } from './node-kind.ts';
import { type Created, KINDS } from './registers.ts';

/**
 * A creation that `parseCreated` takes, and of which nothing has to be reported. A stamp's number of ten digits is below its limit.
 */
const PLAIN = /^[dfl]\|(?:root|0[\w-]{16})\|(?:0|[1-9a-z][0-9a-z]{0,9})\.[0-9a-f]{10}\|[^|]*\|/;
const PLAIN_LENGTH = 4096;
/** Where the letter of its kind and a bar end. */
const PARENT_AT = 2;
const DIRECTORY = 'd|';

/** The directory in which a creation puts its node. */
const parentOf = (creation: string): string => creation.slice(PARENT_AT, creation.indexOf('|', PARENT_AT));

export class DormantNodes {
  /** By directory: an id, its creation, the next id, and so on. */
  readonly #inside = new Map<string, string[]>();
  /** The largest number of a stamp among them. */
  lamport = 0;

  /**
   * Takes in all nodes that are plain.
   * @param isKnown of which the document says more than how they were made
   * @returns keys of the others, to be read one by one
   */
  fill(created: Y.Map<unknown>, isKnown: (id: string) => boolean): string[] {
    const others: string[] = [];
    const directories = new Map<string, string>();
    created.forEach((value, id) => {
      if (!isPlain(value) || !isNodeId(id) || isKnown(id)) others.push(id);
      else if (value.startsWith(DIRECTORY)) directories.set(id, this.#add(id, value));
      else this.#add(id, value);
    });
    // Whoever asks for a node goes up from it. Nobody honest makes one inside a file, or a directory inside what is inside it.
    for (const id of this.#inside.keys())
      if (id !== ROOT && !directories.has(id) && created.has(id) && !isKnown(id))
        this.wake(id as NodeId, (inside) => others.push(inside));
    for (const id of heldByThemselves(directories)) {
      this.#remove(directories.get(id) as string, id);
      others.push(id);
    }
    return others;
  }

  get isEmpty(): boolean {
    return this.#inside.size === 0;
  }

  /** How many sleep in this directory. */
  count(directory: string): number {
    return (this.#inside.get(directory)?.length ?? 0) / 2;
  }

  /** Calls for each that sleeps in this directory, and forgets them. */
  wake(directory: NodeId, woken: (id: NodeId, created: Created) => void): void {
    const inside = this.#inside.get(directory);
    if (inside === undefined) return;
    this.#inside.delete(directory);
    for (let i = 0; i < inside.length; i += 2)
      woken(inside[i] as NodeId, createdIn(directory, inside[i + 1] as string));
  }

  /**
   * From a node that sleeps upwards, the directories in which it and those above it sleep, up to one that is awake or that nothing
   * is known of. The topmost comes first.
   * @param creationOf as it was when the nodes went to sleep
   */
  above(id: string, creationOf: (id: string) => unknown, isAwake: (directory: string) => boolean): string[] {
    const above: string[] = [];
    for (let at = id; at !== ROOT && !isAwake(at);) {
      const creation = creationOf(at);
      if (typeof creation !== 'string') break;
      at = parentOf(creation);
      above.push(at);
    }
    return above.reverse();
  }

  /** Answers the directory. */
  #add(id: string, creation: string): string {
    const parent = parentOf(creation);
    this.#raise(creation, PARENT_AT + parent.length + 1);
    const inside = this.#inside.get(parent);
    if (inside === undefined) this.#inside.set(parent, [id, creation]);
    else inside.push(id, creation);
    return parent;
  }

  #remove(directory: string, id: string): void {
    const inside = this.#inside.get(directory) ?? [];
    const at = inside.indexOf(id);
    if (at >= 0) inside.splice(at, 2);
  }

  /** @param at where the stamp begins */
  #raise(creation: string, at: number): void {
    const lamport = lamportAt(creation, at);
    if (lamport > this.lamport) this.lamport = lamport;
  }
}

/** What `parseCreated` would answer of a plain creation. It was found to be well-formed already, so that parts are cut where they stand. */
function createdIn(parent: NodeId, creation: string): Created {
  const stampAt = PARENT_AT + parent.length + 1;
  const digestAt = creation.indexOf('|', stampAt) + 1;
  const nameAt = creation.indexOf('|', digestAt) + 1;
  return {
    kind: KINDS.get(creation.charAt(0)) as NodeKind,
    parent,
    stamp: {
      lamport: lamportAt(creation, stampAt),
      tag: creation.slice(digestAt - 1 - TAG_LENGTH, digestAt - 1),
    },
    digest: creation.slice(digestAt, nameAt - 1),
    name: creation.slice(nameAt),
  };
}

const TAG_LENGTH = 10;

/** By hand, because this is done for each node, and no string has to be made for it. */
function lamportAt(creation: string, at: number): number {
  let lamport = 0;
  for (let i = at, code = creation.charCodeAt(i); code !== DOT; code = creation.charCodeAt(++i))
    lamport = lamport * 36 + code - (code < LETTER_A ? DIGIT_0 : LETTER_A - 10);
  return lamport;
}

const DOT = 0x2e;
const DIGIT_0 = 0x30;
const LETTER_A = 0x61;

const isPlain = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= PLAIN_LENGTH && PLAIN.test(value);

/** Directories from which one gets back to themselves, going up. */
function heldByThemselves(parents: ReadonlyMap<string, string>): string[] {
  const seen = new Set<string>();
  const held: string[] = [];
  for (const start of parents.keys()) {
    const path = new Set<string>();
    let at: string | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      path.add(at);
      at = parents.get(at);
    }
    if (at === undefined || !path.has(at)) continue;
    for (let next = at; ;) {
      held.push(next);
      next = parents.get(next) as string;
      if (next === at) break;
    }
  }
  return held;
}
