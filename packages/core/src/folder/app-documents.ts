/**
 * Data of applications that is no file: Yjs documents by name, in no directory. They are stored, sent and merged as files are, and no
 * mirror sees them.
 */
import { type DocumentId, isDocumentId } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { FolderState } from './folder-state.ts';
import type { OpenDocument } from './live-documents.ts';

/** No id of a node, nor of a tree, has a dot in it. */
const PREFIX = 'app.';

export class AppDocuments {
  readonly #state: FolderState;

  constructor(state: FolderState) {
    this.#state = state;
  }

  /** The names of those that somebody wrote to, sorted, as far as is known here. */
  names(): string[] {
    const names: string[] = [];
    for (const { document } of this.#state.log.documents())
      if (document.startsWith(PREFIX)) names.push(document.slice(PREFIX.length));
    return names.sort();
  }

  /**
   * Opens a document to read and to change it; one that nobody wrote to is empty. What is changed in it is recorded by itself, merges with
   * what others change, whenever that arrives, and is durable after `flush`. Whoever opens it gets the same document. Close it in the end.
   * @param name 1 to 60 of `A-Z a-z 0-9 . _ ~ -`; capitals count
   * @throws DOCUMENT_NAME_INVALID, FOLDER_NOT_READY, FORMAT_TOO_NEW; STORE_CORRUPT if the disk lost something of it
   */
  async open(name: string): Promise<OpenDocument> {
    this.#state.checkReady();
    return this.#state.live.open(documentNamed(name));
  }
}

function documentNamed(name: string): DocumentId {
  const document = `${PREFIX}${name}`;
  if (name !== '' && isDocumentId(document)) return document;
  throw new EvermeshError(
    'DOCUMENT_NAME_INVALID',
    `${JSON.stringify(name.slice(0, 100))} is no name of a document: it takes 1 to 60 of A-Z a-z 0-9 . _ ~ -`,
  );
}
