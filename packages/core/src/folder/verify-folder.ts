/** Checks a folder against itself: what is kept for speed must follow from the raw records, and every record be whole. */
import { type DocumentId, equalBytes, type NodeId, TREE_DOCUMENT } from '../base/index.ts';
import { type DocumentIndex, emptyIndex, indexAfter, nextDigest } from '../log/index.ts';
import { FolderTree } from '../model/index.ts';
import { equalHeads } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';
import { recordsAtPlaces } from './records-at-places.ts';
import { verifyCompacted } from './verify-compacted.ts';

/** One thing that does not hold. */
export interface Finding {
  readonly document: DocumentId;
  readonly what:
    | 'record damaged'
    | 'index differs'
    | 'order differs'
    | 'view differs'
    | 'record not applied'
    | 'register not read'
    | 'state differs';
  readonly detail: string;
}

export async function verifyFolder(state: FolderState): Promise<Finding[]> {
  await state.log.idle();
  const findings: Finding[] = [...state.damaged.values()].map(({ document, author, counter }) => ({
    document,
    what: 'record not applied',
    detail: `record ${counter} of ${author} cannot be applied`,
  }));
  findings.push(...(await verifyRecords(state)));
  if (findings.length === 0) {
    for (const index of state.log.documents())
      for (const detail of await verifyCompacted(state, index))
        findings.push({ document: index.document, what: 'state differs', detail });
  }
  if (findings.length === 0) findings.push(...(await verifyView(state)));
  for (const { id, reason } of state.tree.problems()) {
    const detail = `${JSON.stringify(id)} has ${reason}`;
    findings.push({ document: TREE_DOCUMENT, what: 'register not read', detail });
  }
  return findings;
}

async function verifyRecords(state: FolderState): Promise<Finding[]> {
  const findings: Finding[] = [];
  const rebuilt = new Map<DocumentId, DocumentIndex>();
  let digest: Uint8Array = new Uint8Array(16);
  let previous = 0;
  for await (const { place, found } of recordsAtPlaces(state.log.read)) {
    const { seq, document } = place;
    if (typeof found === 'string') {
      previous = seq;
      // A pack that is damaged takes all its records along: one finding is enough.
      if (findings.at(-1)?.detail !== found)
        findings.push({ document, what: 'record damaged', detail: found });
      digest = place.digest;
      continue;
    }
    const isGone = seq < (state.log.document(document)?.compacted?.floor ?? 0);
    const isBehindGone = seq > previous + 1 && place.behind <= previous;
    previous = seq;
    if (isGone || isBehindGone || found?.standsFor !== undefined) digest = place.digest;
    if (isGone) continue;
    if (found === undefined) {
      findings.push({ document, what: 'order differs', detail: `no record stands at place ${seq}` });
      digest = place.digest;
      continue;
    }
    const { standsFor } = found;
    if (standsFor === undefined && !isBehindGone) digest = nextDigest(digest, found.header);
    if (!equalBytes(digest, place.digest)) {
      const detail = `the running digest at place ${seq} is another`;
      findings.push({ document, what: 'order differs', detail });
      digest = place.digest;
    }
    const before = rebuilt.get(document) ?? emptyIndex(document);
    const index = indexAfter(before, found.header, seq, found.bytes);
    rebuilt.set(document, standsFor === undefined ? index : { ...index, records: standsFor });
  }
  if (!equalBytes(digest, state.log.position.digest)) {
    findings.push({
      document: TREE_DOCUMENT,
      what: 'order differs',
      detail: 'the log does not end where its state says',
    });
  }
  for (const index of state.log.documents()) {
    const other = rebuilt.get(index.document);
    const equal =
      other !== undefined &&
      equalHeads(other.heads, index.heads) &&
      other.lastSeq === index.lastSeq &&
      other.records === index.records &&
      other.bytes === index.bytes;
    if (!equal)
      findings.push({
        document: index.document,
        what: 'index differs',
        detail: 'the index entry does not follow from the records',
      });
  }
  return findings;
}

/** The view in memory beside one built from the stored records alone. */
async function verifyView(state: FolderState): Promise<Finding[]> {
  let doc = state.treeDoc;
  for await (const step of state.documents.history(TREE_DOCUMENT)) doc = step.doc;
  const fresh = new FolderTree(doc, {
    tag: state.tag,
    newNodeId: () => {
      throw new TypeError('A view that is only compared makes no nodes.');
    },
    documentHeads: (document) => state.seenHeads(document),
  });
  const [shown, expected] = [listing(state.tree), listing(fresh)];
  const differing = [...new Set([...shown.keys(), ...expected.keys()])].filter(
    (path) => shown.get(path) !== expected.get(path),
  );
  return differing.map((path) => ({
    document: TREE_DOCUMENT,
    what: 'view differs',
    detail: `at ${JSON.stringify(path)}`,
  }));
}

const listing = (tree: FolderTree): Map<string, NodeId> =>
  new Map([...tree.nodes()].map(({ id }) => [tree.pathOf(id), id]));
