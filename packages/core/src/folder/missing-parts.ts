/** Files that have something that cannot be shown, because it builds on what is not here. */
import { type AuthorId, type DeviceId, deviceOf, type DocumentId, documentOf } from '../base/index.ts';
import { isWhole, type ShownNode } from '../model/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';

export interface MissingPart {
  readonly id: ShownNode['id'];
  readonly path: string;
  /** Whose edits something here builds on, as far as anything of theirs is here to tell. */
  readonly devices: readonly DeviceId[];
}

export async function missingParts(state: FolderState): Promise<MissingPart[]> {
  const { documents, tree } = state;
  const found: MissingPart[] = [];
  for (const { id } of [...tree.nodes()]) {
    const document = documentOf(id);
    // The content that a file begins with builds on nothing.
    if (state.log.document(document) === undefined || (await documents.firstContent(document))) continue;
    const doc = await documents.newest(document);
    if (isWhole(doc) || tree.node(id)?.id !== id) continue;
    const clients = [...(doc.store.pendingStructs?.missing.keys() ?? [])];
    found.push({ id, path: tree.pathOf(id), devices: await devicesOf(state, document, clients) });
  }
  return found;
}

async function devicesOf(
  state: FolderState,
  document: DocumentId,
  clients: readonly number[],
): Promise<DeviceId[]> {
  const authors = await authorsOf(state, document);
  return [
    ...new Set(
      clients.flatMap((client) => {
        const author = authors.get(client);
        return author === undefined ? [] : [deviceOf(author)];
      }),
    ),
  ];
}

/** Who wrote under each `clientID` of the document. */
async function authorsOf(state: FolderState, document: DocumentId): Promise<Map<number, AuthorId>> {
  const authors = new Map<number, AuthorId>();
  for await (const { record } of state.log.read.document(document, NO_HEADS))
    for (const { client } of record.header.clocks) authors.set(client, record.header.author);
  return authors;
}
