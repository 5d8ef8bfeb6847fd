/**
 * A file's first content. The tree says of each new file which content it begins with, and the file reaches a disk
 * only when that content is here: an empty file in its place would look like a person's edit.
 *
 * Most files never have another, so it is written and read without building a document, which would cost several times
 * as much.
 */
import {
  createEncoder,
  toUint8Array,
  writeAny,
  writeUint8,
  writeVarString,
  writeVarUint,
} from 'lib0/encoding';
import * as Y from 'yjs';
import { concatBytes, utf8 } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { decodeBody } from '../body-codec.ts';
import type { FileContent } from './content.ts';
import { FACTS, rootFacts, SEED, TEXT, VERSIONS } from './layout.ts';
import { firstVersion, parseVersion } from './version.ts';

/** Whether the content with this digest has arrived. What came behind it may wait for something else. */
export const hasFirstContent = (doc: Y.Doc, digest: string): boolean =>
  digest === '' || rootFacts(doc).get(SEED) === digest;

/** How Yjs' encoding V1 names what a struct holds, and that it stands under a key. */
const STRING = 4;
const ANY = 8;
const HAS_KEY = 0x20;

/**
 * The update, in Yjs' encoding V1, that writes the first content into a new document: byte for byte what Yjs makes of
 * one transaction that inserts the content and then sets the seed. It depends on nothing but the arguments, so two
 * devices can make the same seed apart. Nothing is written for an empty file.
 * @param digest content digest of the file's bytes
 * @param tag 10 hexadecimal digits of the author's
 */
export function firstUpdate(clientId: number, content: FileContent, digest: string, tag: string): Uint8Array {
  if (digest === '') return Uint8Array.of(0, 0);
  const encoder = createEncoder();
  const [clients, structs, clock] = [1, 2, 0];
  for (const count of [clients, structs, clientId, clock]) writeVarUint(encoder, count);
  let text: Uint8Array | undefined;
  if (content.kind === 'text') {
    text = utf8(content.text);
    writeUint8(encoder, STRING);
    writeRoot(encoder, TEXT);
    writeVarUint(encoder, text.byteLength);
  } else {
    const { key, value } = firstVersion(tag, content);
    writeEntry(encoder, VERSIONS, key, value);
  }
  const end = createEncoder();
  // Last: Yjs takes a client's structs in order, so whoever has the seed has the content.
  writeEntry(end, FACTS, SEED, digest);
  const deletions = 0;
  writeVarUint(end, deletions);
  return concatBytes([toUint8Array(encoder), ...(text === undefined ? [] : [text]), toUint8Array(end)]);
}

type Encoder = ReturnType<typeof createEncoder>;

function writeRoot(encoder: Encoder, name: string): void {
  const isName = 1;
  writeVarUint(encoder, isName);
  writeVarString(encoder, name);
}

function writeEntry(encoder: Encoder, root: string, key: string, value: string): void {
  writeUint8(encoder, ANY | HAS_KEY);
  writeRoot(encoder, root);
  writeVarString(encoder, key);
  const values = 1;
  writeVarUint(encoder, values);
  writeAny(encoder, value);
}

export interface FirstContent {
  readonly content: FileContent;
  readonly digest: string;
}

/** What the body of a record holds, if that is a first content as `firstUpdate` writes it and nothing else. */
export function firstContentOf(body: Uint8Array): FirstContent | undefined {
  // One client, two structs: others are not decoded in vain.
  if (body[1] !== 1 || body[2] !== 2) return undefined;
  const [first, second, ...more] = structsOf(body);
  if (!(first instanceof Y.Item && second instanceof Y.Item) || more.length > 0) return undefined;
  const { client, clock } = first.id;
  if (clock !== 0 || second.id.client !== client || second.id.clock !== first.length) return undefined;
  const content = contentOf(first);
  const digest = valueOf(second, FACTS, SEED);
  return content === undefined || digest === undefined ? undefined : { content, digest };
}

/** Nothing if it deletes something as well. What cannot be decoded is named by whoever then applies it. */
function structsOf(body: Uint8Array): ReturnType<typeof decodeBody>['structs'] {
  try {
    const { structs, ds } = decodeBody(body);
    return ds.clients.size === 0 ? structs : [];
  } catch (error) {
    if (!isEvermeshError(error, 'UPDATE_MALFORMED')) throw error;
    return [];
  }
}

function contentOf(item: Y.Item): FileContent | undefined {
  const { content, parentSub } = item;
  if (isFirst(item, TEXT))
    return content instanceof Y.ContentString && parentSub === null
      ? { kind: 'text', text: content.str }
      : undefined;
  if (parentSub === null) return undefined;
  const version = parseVersion(parentSub, valueOf(item, VERSIONS, parentSub));
  return version?.content?.kind === 'blob' ? version.content : undefined;
}

function valueOf(item: Y.Item, root: string, key: string): string | undefined {
  if (!isFirst(item, root) || item.parentSub !== key || !(item.content instanceof Y.ContentAny))
    return undefined;
  const [value, ...more] = item.content.arr as unknown[];
  return typeof value === 'string' && more.length === 0 ? value : undefined;
}

/** Whether it stands in this root, behind and before nothing. */
function isFirst({ parent, origin, rightOrigin }: Y.Item, root: string): boolean {
  return (parent as unknown) === root && origin === null && rightOrigin === null;
}
