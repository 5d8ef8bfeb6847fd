/**
 * Where things lie in a store. Every key of a folder begins with `f/<folder id>/`, so a folder is one range. Beside them lies
 * `blob/<blob>`: the bytes of a small blob, whichever folders name it; `chunk/<blob>`: where in which pack a chunk of a large content
 * lies; `content/<blob>`: the root of the manifest of a content that is here in chunks; `unnamed/` and one of these keys: since when nothing
 * has been known to name it.
 *
 * - `l`                    the log itself: epoch, position, running digest, whose writers' records
 * - `a`                    there once the folder's tree was here as far as anybody had told of it
 * - `r/<document>/<seq>`   a record: one document is one range, in the log's order
 * - `r/<document>/<seq>+`  in the same range, instead of them: a pack of the records up to this place, behind the pack before it
 * - `r/<document>/<seq>=`  in the same range, in front of all others: the state that stands for the records up to this place, which are gone
 * - `h/<document>`         what is kept of the history of records that are gone
 * - `n/<document>`         the state of a document at a place: what the records up to there come to
 * - `s/<seq>`              the log's order: running digest at this place, and the document there
 * - `s/<seq>-`             in the same range: places up to this one are gone, from one that it names
 * - `d/<document>`         the index entry of a document
 * - `c/<peer>`             how far this replica has read a peer's log, and what that peer has of ours; or that nothing of it holds any more
 * - `o/<peer>/<document>`  a debt: what that peer announced and this replica has not fetched
 * - `b/<blob>`             a blob that a record names and this replica has not fetched
 * - `t/<seq>`              when the log was seen to have come as far as this place, by this replica's clock
 * - `x/<area>/…`           rows of others (the mirror's ancestor and intents, the relay's blobs), committed with records
 */
import type { BlobName, DocumentId, FolderId } from '../base/index.ts';

/** 14 hexadecimal digits hold every safe integer, and sort like the numbers. */
const seqText = (seq: number): string => seq.toString(16).padStart(14, '0');

/** Ends the key of a pack. */
const PACK = '+';
/** Ends the key of a state that stands for records. */
const STATE = '=';

/** Ends the key of places that are gone. */
const GONE = '-';

export const folderPrefix = (folder: FolderId): string => `f/${folder}/`;

export const logKey = (folder: FolderId): string => `f/${folder}/l`;
export const arrivedKey = (folder: FolderId): string => `f/${folder}/a`;
export const recordKey = (folder: FolderId, document: DocumentId, seq: number): string =>
  `f/${folder}/r/${document}/${seqText(seq)}`;
export const recordPrefix = (folder: FolderId, document: DocumentId): string => `f/${folder}/r/${document}/`;
export const packKey = (folder: FolderId, document: DocumentId, lastSeq: number): string =>
  `${recordKey(folder, document, lastSeq)}${PACK}`;
export const standInKey = (folder: FolderId, document: DocumentId, lastSeq: number): string =>
  `${recordKey(folder, document, lastSeq)}${STATE}`;
export const stateKey = (folder: FolderId, document: DocumentId): string => `f/${folder}/n/${document}`;
export const historyKey = (folder: FolderId, document: DocumentId): string => `f/${folder}/h/${document}`;
export const historyPrefix = (folder: FolderId): string => `f/${folder}/h/`;
export const orderKey = (folder: FolderId, seq: number): string => `f/${folder}/s/${seqText(seq)}`;
export const goneKey = (folder: FolderId, lastSeq: number): string => `${orderKey(folder, lastSeq)}${GONE}`;
export const orderPrefix = (folder: FolderId): string => `f/${folder}/s/`;
export const markKey = (folder: FolderId, seq: number): string => `f/${folder}/t/${seqText(seq)}`;
export const markPrefix = (folder: FolderId): string => `f/${folder}/t/`;
export const documentKey = (folder: FolderId, document: DocumentId): string => `f/${folder}/d/${document}`;
export const documentPrefix = (folder: FolderId): string => `f/${folder}/d/`;
export const peerPrefix = (folder: FolderId): string => `f/${folder}/c/`;
export const peerKey = (folder: FolderId, peer: string): string => `f/${folder}/c/${peer}`;
export const debtKey = (folder: FolderId, peer: string, document: DocumentId): string =>
  `f/${folder}/o/${peer}/${document}`;
export const debtPrefix = (folder: FolderId): string => `f/${folder}/o/`;
export const wantedBlobKey = (folder: FolderId, name: BlobName): string => `f/${folder}/b/${name}`;
export const wantedBlobPrefix = (folder: FolderId): string => `f/${folder}/b/`;
export const areaPrefix = (folder: FolderId, area: string): string => `f/${folder}/x/${area}/`;

export const blobKey = (name: BlobName): string => `blob/${name}`;
export const chunkKey = (name: BlobName): string => `chunk/${name}`;
/** @param key of a blob, or a content */
export const unnamedKey = (key: string): string => `unnamed/${key}`;
export const contentKey = (name: BlobName): string => `content/${name}`;

/** The smallest text that sorts behind every key with this prefix. */
export const prefixEnd = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

export const isPackKey = (key: string): boolean => key.endsWith(PACK);
export const isStandInKey = (key: string): boolean => key.endsWith(STATE);
/** Whether it is the key of one record, in a row of its own. */
export const isRecordKey = (key: string): boolean => !isPackKey(key) && !isStandInKey(key);
export const isGoneKey = (key: string): boolean => key.endsWith(GONE);

/** Whose the key of a record, of a pack, or of what stands for records is. */
export function ownerOfKey(key: string): { readonly folder: FolderId; readonly document: DocumentId } {
  const [, folder, , document] = key.split('/');
  return { folder: folder as FolderId, document: document as DocumentId };
}

/** The place in the key of a record or in the order; of a pack, of what stands for records, or of places that are gone, the last of them. */
export const seqOfKey = (key: string): number =>
  Number.parseInt(isRecordKey(key) && !isGoneKey(key) ? key.slice(-14) : key.slice(-15, -1), 16);
