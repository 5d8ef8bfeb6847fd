/**
 * What the tree's document says of one node, as flat strings. Parts are separated by `|`; a name comes last, because it
 * may hold one. The encoding is a constant of the format.
 *
 * - created   `kind|parent|stamp|digest|name`            once per node, never overwritten
 * - placed    `parent|stamp|token|group|fallback`        only of a node that was moved, brought back or settled
 * - named     `stamp|token|group|name`                   only of a node that was renamed
 * - deletion  `placedToken|namedToken|via|viaGroup|operation|claim`   one for each device that removed the node; without `|claim`
 *             if that is empty. The older form: now an operation writes one `removal.ts` for all that it removes
 *
 * A deletion of either form quotes the tokens it saw. Whoever then moves or renames the node gives it a new token, so the deletion
 * speaks of a place that is no more and is void. The group token works alike for everything removed together with a
 * directory. The stamp alone cannot serve: settling what is shown anyway is a later write, but no wish to keep a node.
 */
import { isNodeId, type NodeId } from '../../base/index.ts';
import { type NodeKind, ROOT } from './node-kind.ts';
import { isClaim } from './seen-heads.ts';
import { parseStamp, type Stamp } from './stamp.ts';

export interface Created {
  readonly kind: NodeKind;
  readonly parent: NodeId;
  readonly stamp: Stamp;
  /** Of the first content; empty if it began empty. */
  readonly digest: string;
  readonly name: string;
}

/** What a deletion quotes of a register. */
export interface Tokens {
  readonly token: string;
  readonly group: string;
}

export interface Placed extends Tokens {
  readonly parent: NodeId;
  readonly stamp: Stamp;
  /** Where the node was before: taken if `parent` leads into a cycle, or has not arrived. */
  readonly fallback: NodeId | undefined;
}

export interface Named extends Tokens {
  readonly stamp: Stamp;
  readonly name: string;
}

/** What a removal quotes of a node: it holds only where all of this is still so. */
export interface Quoted {
  readonly placedToken: string;
  readonly namedToken: string;
  /** The topmost directory removed by the same operation; the node itself, or nothing, if that is the node. */
  readonly via: NodeId | undefined;
  readonly viaGroup: string;
}

export interface Deletion extends Quoted {
  readonly via: NodeId;
  /** Names the heads its author had seen of all that he removed. */
  readonly operation: string;
  /** Which of these he had seen of this node; empty for all. */
  readonly claim: string;
}

/** Of a register that was never written. */
export const NO_TOKENS: Tokens = { token: '', group: '' };

/** Longer values are malformed: names are short, everything else is shorter. */
const VALUE_LENGTH = 4096;
/** By the letter in a creation. */
export const KINDS: ReadonlyMap<string, NodeKind> = new Map([
  ['d', 'directory'],
  ['f', 'file'],
  ['l', 'symlink'],
]);
const LETTERS = { directory: 'd', file: 'f', symlink: 'l' } as const;

export const formatCreated = (
  kind: NodeKind,
  parent: NodeId,
  stamp: string,
  digest: string,
  name: string,
): string => [LETTERS[kind], parent, stamp, digest, name].join('|');

export const formatPlaced = (
  parent: NodeId,
  stamp: string,
  { token, group }: Tokens,
  fallback: NodeId | undefined,
): string => [parent, stamp, token, group, fallback ?? ''].join('|');

export const formatNamed = (stamp: string, { token, group }: Tokens, name: string): string =>
  [stamp, token, group, name].join('|');

/** What a whole directory's deletion quotes: it is void as soon as the directory was moved or renamed. */
export const groupOf = (placed: Tokens | undefined, named: Tokens | undefined): string =>
  `${placed?.group ?? ''},${named?.group ?? ''}`;

/** Each parser takes anything and answers `undefined` for what it cannot be. */
export function parseCreated(value: unknown): Created | undefined {
  const [letter = '', parent = '', stampText = '', digest, name] = parts(value, 5);
  const kind = KINDS.get(letter);
  const stamp = parseStamp(stampText);
  if (kind === undefined || stamp === undefined || digest === undefined || name === undefined)
    return undefined;
  return isPlace(parent) ? { kind, parent, stamp, digest, name } : undefined;
}

export function parsePlaced(value: unknown): Placed | undefined {
  const [parent = '', stampText = '', token, group, fallback] = parts(value, 5);
  const stamp = parseStamp(stampText);
  if (stamp === undefined || token === undefined || group === undefined || fallback === undefined)
    return undefined;
  if (!isPlace(parent) || !(fallback === '' || isPlace(fallback))) return undefined;
  return { parent, stamp, token, group, fallback: fallback === '' ? undefined : fallback };
}

export function parseNamed(value: unknown): Named | undefined {
  const [stampText = '', token, group, name] = parts(value, 4);
  const stamp = parseStamp(stampText);
  if (stamp === undefined || token === undefined || group === undefined || name === undefined)
    return undefined;
  return { stamp, token, group, name };
}

export function parseDeletion(value: unknown): Deletion | undefined {
  const [placedToken, namedToken, via = '', viaGroup, rest = ''] = parts(value, 5);
  if (placedToken === undefined || namedToken === undefined || viaGroup === undefined) return undefined;
  const [operation = '', claim = '', ...more] = rest.split('|');
  if (!isNodeId(via) || parseStamp(operation) === undefined) return undefined;
  if (!isClaim(claim) || more.length > 0) return undefined;
  return { placedToken, namedToken, via, viaGroup, operation, claim };
}

const isPlace = (text: string): text is NodeId => text === ROOT || isNodeId(text);

/** The first `count - 1` parts and the rest, or nothing if there are fewer. */
function parts(value: unknown, count: number): string[] {
  if (typeof value !== 'string' || value.length > VALUE_LENGTH) return [];
  const found: string[] = [];
  let from = 0;
  while (found.length < count - 1) {
    const bar = value.indexOf('|', from);
    if (bar < 0) return [];
    found.push(value.slice(from, bar));
    from = bar + 1;
  }
  found.push(value.slice(from));
  return found;
}
