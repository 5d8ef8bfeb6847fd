/**
 * The root maps of a tree's document: flat, keyed by node, never nested. A map inside a map would lose what one side
 * wrote when two devices make it at the same time, and would cost four times the memory.
 */
import type * as Y from 'yjs';
import { LATEST_NAME_RULES } from './names.ts';
import { parseStamp, type Stamp } from './stamp.ts';

/** The format of a tree's document that this version writes. History: 1, the first; 2, an operation writes one removal. */
export const TREE_FORMAT = 2;

/** In the metadata: by which of the tables of names the folder was made. */
export const NAME_RULES_FACT = 'nameRules';

/** By format above the first, in the metadata: a key each, so that nobody overwrites a later one. */
const formatKey = (format: number): string => `format/${format}`;

/** The map of what operations removed. */
export const REMOVALS = 'd';

export class TreeMaps {
  readonly doc: Y.Doc;
  readonly created: Y.Map<unknown>;
  readonly placed: Y.Map<unknown>;
  readonly named: Y.Map<unknown>;
  /** By `node~tag`, one for each removed node: the older form, which is still read. */
  readonly deletions: Y.Map<unknown>;
  /**
   * By operation: what it removed, as bytes. A single writer for each key, so that nobody overwrites what another had seen. In the
   * older form it is a text: the heads that the author of deletions had seen.
   */
  readonly seen: Y.Map<unknown>;
  readonly executable: Y.Map<unknown>;
  readonly metadata: Y.Map<unknown>;
  #isOfLaterFormat: boolean | undefined;

  constructor(doc: Y.Doc) {
    this.doc = doc;
    this.created = doc.getMap('c');
    this.placed = doc.getMap('p');
    this.named = doc.getMap('n');
    this.deletions = doc.getMap('x');
    this.seen = doc.getMap(REMOVALS);
    this.executable = doc.getMap('e');
    this.metadata = doc.getMap('m');
    this.metadata.observe(() => (this.#isOfLaterFormat = undefined));
  }

  /** What the metadata says. */
  fact(key: string): string | undefined {
    const value = this.metadata.get(key);
    return typeof value === 'string' ? value : undefined;
  }

  /** Says that what follows can be read from this version's format on. */
  markFormat(): void {
    const key = formatKey(TREE_FORMAT);
    if (!this.metadata.has(key)) this.metadata.set(key, '');
  }

  /** Whether something was written in a format, or by rules for names, that this version does not know. */
  isOfLaterFormat(): boolean {
    this.#isOfLaterFormat ??=
      Number(this.fact(NAME_RULES_FACT)) > LATEST_NAME_RULES ||
      [...this.metadata.keys()].some((key) => {
        const [, digits] = /^format\/([0-9]+)$/.exec(key) ?? [];
        return Number(digits) > TREE_FORMAT;
      });
    return this.#isOfLaterFormat;
  }

  /** Maps whose keys are nodes. */
  get ofNodes(): Y.Map<unknown>[] {
    return [this.created, this.placed, this.named, this.executable];
  }
}

/** The key of what the operation of this stamp removed. Where stamps repeat, at their limit, operations are numbered. */
export function operationKey(stamp: string, removals: Y.Map<unknown>): string {
  let key = stamp;
  for (let again = removals.has(stamp) ? removals.size : 0; removals.has(key); again++)
    key = `${stamp}~${again.toString(36)}`;
  return key;
}

/** The stamp of the operation with this key; `undefined` for what is none. */
export function operationIn(key: string): Stamp | undefined {
  const [stamp = '', again, ...more] = key.split('~');
  if (again !== undefined && !/^[0-9a-z]{1,8}$/.test(again)) return undefined;
  return more.length > 0 ? undefined : parseStamp(stamp);
}

/** The node and the tag; a key without both yields an empty tag. */
export function splitDeletionKey(key: string): { id: string; tag: string } {
  const at = key.lastIndexOf('~');
  return at < 0 ? { id: key, tag: '' } : { id: key.slice(0, at), tag: key.slice(at + 1) };
}
