/**
 * What a disk shows of a file, with the identities that a later save of it needs: those of the characters and those
 * of the versions.
 *
 * Mostly it is a state of the document. After a save against an older state it is none: the disk then shows that older
 * state with the save in it, and not what others wrote meanwhile. So it is a value of its own, which can be kept.
 */
import type * as Y from 'yjs';
import { type BlobName, toHex } from '../../base/index.ts';
import { EvermeshError } from '../../errors/index.ts';
import { Reader, Writer } from '../../protocol/index.ts';
import { type FileContent, sameContent } from './content.ts';
import { type Run, RunList, runsOfDocument } from './runs.ts';
import { type DetailedState, readDetails, TEXT_ID } from './state.ts';

export interface ShownFile {
  /** What stands on the disk. */
  readonly content: FileContent;
  /** The document's text, shown or hidden behind a blob, and its characters. */
  readonly text: string;
  readonly runs: readonly Run[];
  /** Keys of the versions that say what is shown. */
  readonly versions: readonly string[];
  /** Set if the hidden text is in conflict with the blob: the digest of the text that the blob knew. */
  readonly saw: string | undefined;
}

/** What a disk shows that has the newest content of this document. */
export function shownFile(doc: Y.Doc): ShownFile {
  const state = readDetails(doc);
  const inConflict = state.others.some(({ id }) => id === TEXT_ID);
  return {
    content: state.shown,
    text: state.text,
    runs: runsOfDocument(doc),
    versions: keysOfShown(state),
    saw: inConflict ? (state.top?.saw ?? '') : undefined,
  };
}

/** All current versions that say what is shown: two devices may have stored the same bytes. */
export function keysOfShown({ current, shown, top }: DetailedState): string[] {
  const says = (content: FileContent | undefined): boolean =>
    content === undefined ? top?.content === undefined : sameContent(content, shown);
  return current.filter(({ content, kept }) => !kept && says(content)).map(({ key }) => key);
}

/** Version of the bytes below. History: 1, the first. */
const FORMAT = 1;

export function encodeShownFile({ content, text, runs, versions, saw }: ShownFile): Uint8Array {
  const writer = new Writer().byte(FORMAT).byte(content.kind === 'blob' ? 1 : 0);
  if (content.kind === 'blob') writer.hex(content.name).uint(content.size);
  writer.text(text).uint(runs.length);
  for (const { client, clock, length } of runs) writer.uint(client).uint(clock).uint(length);
  writer.uint(versions.length);
  for (const key of versions) writer.text(key);
  return writer.text(saw === undefined ? '' : `=${saw}`).finish();
}

/** @throws FORMAT_TOO_NEW, or MESSAGE_MALFORMED if a disk damaged the bytes */
export function decodeShownFile(bytes: Uint8Array): ShownFile {
  const reader = new Reader(bytes);
  const format = reader.byte();
  if (format > FORMAT) {
    throw new EvermeshError(
      'FORMAT_TOO_NEW',
      `A kept file has format ${format}; this version reads up to ${FORMAT}.`,
    );
  }
  const blob: FileContent | undefined =
    reader.byte() === 1
      ? { kind: 'blob', name: toHex(reader.raw(32)) as BlobName, size: reader.uint() }
      : undefined;
  const text = reader.text(bytes.byteLength);
  const runs = readRuns(reader, text.length);
  const versions: string[] = [];
  for (let left = reader.count(bytes.byteLength, 'versions'); left > 0; left--)
    versions.push(reader.text(64));
  const saw = reader.text(64);
  reader.end();
  return {
    content: blob ?? { kind: 'text', text },
    text,
    runs,
    versions,
    saw: saw === '' ? undefined : saw.slice(1),
  };
}

function readRuns(reader: Reader, length: number): Run[] {
  const list = new RunList();
  for (let left = reader.count(length, 'runs'); left > 0; left--)
    list.add(reader.uint(), reader.uint(), reader.uint());
  if (list.length !== length) {
    throw new EvermeshError(
      'MESSAGE_MALFORMED',
      'A kept file is damaged: its characters and its text differ in number.',
    );
  }
  return list.runs;
}
