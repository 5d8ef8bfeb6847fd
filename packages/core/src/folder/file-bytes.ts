/** From the bytes of a file to its content and back, through where a replica keeps what is no text. */
import { begun, type BlobName, inOnePiece, type NodeId, utf8 } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import type { Contents } from '../log/index.ts';
import { contentDigest, digestOfBlob, type FileContent, TEXT_LIMIT, textOf } from '../model/index.ts';
import type { FolderState } from './folder-state.ts';

/** What is stored, and the digest that a new file with it begins with. */
export interface StoredContent {
  readonly content: FileContent;
  readonly digest: string;
}

export async function storeBytes(contents: Contents, bytes: Uint8Array): Promise<StoredContent> {
  const text = textOf(bytes);
  if (text !== undefined) return { content: { kind: 'text', text }, digest: contentDigest(bytes) };
  return storeBlob(contents, inOnePiece(bytes));
}

/** Only what may be text is held. */
export function storePieces(contents: Contents, pieces: AsyncIterable<Uint8Array>): Promise<StoredContent> {
  return begun(pieces, TEXT_LIMIT, (file) =>
    'whole' in file ? storeBytes(contents, file.whole) : storeBlob(contents, file.long),
  );
}

async function storeBlob(contents: Contents, pieces: AsyncIterable<Uint8Array>): Promise<StoredContent> {
  const { name, size } = await contents.write(pieces);
  return { content: { kind: 'blob', name, size }, digest: digestOfBlob(name) };
}

/** One that is damaged is fetched again. */
export async function* piecesOf(
  state: FolderState,
  content: FileContent,
  reader: NodeId,
): AsyncGenerator<Uint8Array> {
  if (content.kind === 'text') yield utf8(content.text);
  else yield* readBlob(state, content.name, reader);
}

async function* readBlob(state: FolderState, name: BlobName, reader: NodeId): AsyncGenerator<Uint8Array> {
  try {
    yield* state.options.contents.read(name);
  } catch (error) {
    if (isEvermeshError(error, 'BLOB_DAMAGED')) await state.miss(name, reader);
    throw error;
  }
}
