/** Numbers records as a device does, bodies of any bytes: a relay does not look into them. */
import {
  type AuthorId,
  authorOf,
  type BlobName,
  type DeviceId,
  type DocumentId,
  type FolderId,
  newRunId,
  systemRandom,
  utf8,
} from '@evermesh/core/base';
import {
  type AtomicGroup,
  encodeRecord,
  type Heads,
  makeRecord,
  type RecordKind,
} from '@evermesh/core/protocol';

export const FOLDER = '0123456789abcdef0123456789abcdef' as FolderId;
export const A = 'a' as DocumentId;
export const B = 'b' as DocumentId;
export const C = 'c' as DocumentId;

export interface RecordOptions {
  readonly folder?: FolderId;
  readonly group?: AtomicGroup;
  readonly blobs?: readonly BlobName[];
  readonly kind?: RecordKind;
  readonly covers?: Heads;
}

export class TestAuthor {
  readonly id: AuthorId;
  #counter = 0;
  readonly #last = new Map<DocumentId, number>();

  constructor(device: DeviceId) {
    this.id = authorOf(device, newRunId(systemRandom));
  }

  /** The counter of the next record. */
  get next(): number {
    return this.#counter + 1;
  }

  record(document: DocumentId, body: string | Uint8Array, options: RecordOptions = {}): Uint8Array {
    this.#counter += 1;
    const prev = this.#last.get(document) ?? 0;
    this.#last.set(document, this.#counter);
    return encodeRecord(
      makeRecord({
        folder: FOLDER,
        document,
        author: this.id,
        counter: this.#counter,
        prev,
        time: 0,
        body: typeof body === 'string' ? utf8(body) : body,
        ...options,
      }),
    );
  }
}
