/** A person's choice between the contents of a file in conflict. Nothing is lost by it: what is not kept stays among the versions. */
import { newNodeId, type NodeId, utf8 } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import {
  alternativeName,
  contentDigest,
  digestOfBlob,
  type FileContent,
  sameContent,
  type ShownNode,
} from '../model/index.ts';
import { applyOperations } from './apply-operations.ts';
import { noConflict } from './no-conflict.ts';
import type { FolderState } from './folder-state.ts';
import type { FolderNodes, NodeContent, NodeOperation } from './nodes.ts';
import { notHere } from './paths.ts';

/**
 * @param choice `shown`, `both`, or the id of one of the contents that are not shown
 * @returns where contents went that got a name of their own
 * @throws CONFLICT_CHANGED, with nothing settled, if something arrived meanwhile that the choice did not know
 */
export async function resolveAt(
  state: FolderState,
  nodes: FolderNodes,
  { node, path }: { readonly node: ShownNode; readonly path: string },
  choice: string,
): Promise<string[]> {
  const beside: Other[] = [];
  const made: NodeId[] = [];
  let listed: NodeContent | undefined;
  for (;;) {
    const found = await nodes.content(node.id);
    if (found === undefined) throw notHere(path);
    listed ??= found;
    // To have all of them is meant of whatever comes; to have one of them, of those alone that were to be chosen from.
    if (choice !== 'both' && !isSameChoice(listed, found)) throw changed(path);
    const { others, heads } = found;
    const wanted = choice === 'both' ? others : others.filter(({ id }) => id === choice);
    if (others.length === 0 || (wanted.length === 0 && choice !== 'shown')) throw noConflict();
    await checkHere(
      state,
      node.id,
      path,
      wanted.map(({ content }) => content),
    );
    if (choice === 'both') {
      // They have their names before the conflict is settled: whoever dies in between has both, and it is still listed.
      const creations = wanted
        .filter((other) => !isAmong(other, beside))
        .map((other) => {
          beside.push(other);
          return creation(state, node, other.content);
        });
      await apply(state, creations);
      made.push(...creations.map(({ id }) => id));
    }
    const keep = choice === 'both' ? 'shown' : choice;
    const stayed = await apply(state, [{ type: 'resolve', id: node.id, keep, shown: heads }]);
    // Something came meanwhile: it is looked at first.
    if (!stayed.has(node.id)) return made.map((id) => state.tree.pathOf(id));
  }
}

function isSameChoice(before: NodeContent, now: NodeContent): boolean {
  return (
    sameContent(before.content, now.content) &&
    now.others.length === before.others.length &&
    now.others.every((other) => isAmong(other, before.others))
  );
}

type Other = NodeContent['others'][number];

/** The text of a file has one id, whatever it is. */
const isAmong = ({ id, content }: Other, others: readonly Other[]): boolean =>
  others.some((one) => one.id === id && sameContent(one.content, content));

const changed = (path: string): EvermeshError =>
  new EvermeshError('CONFLICT_CHANGED', `Something else arrived of ${path} meanwhile. Nothing was settled.`);

type Creation = Extract<NodeOperation, { type: 'create' }>;

function creation(state: FolderState, node: ShownNode, content: FileContent): Creation {
  const { parent, kind, executable } = node;
  const id = newNodeId(state.options.random);
  const digest = content.kind === 'blob' ? digestOfBlob(content.name) : contentDigest(utf8(content.text));
  let name = alternativeName(node.name, id, 0);
  for (let attempt = 1; state.tree.childByKey(parent, name) !== undefined; attempt++)
    name = alternativeName(node.name, id, attempt);
  return { type: 'create', id, parent, name, kind, content, digest, executable };
}

async function apply(state: FolderState, operations: readonly NodeOperation[]): Promise<ReadonlySet<NodeId>> {
  if (operations.length === 0) return new Set();
  const { result, durable } = await applyOperations(state, operations, { isShown: false });
  await durable;
  for (const failure of result.failures.values()) throw failure;
  return result.stayed;
}

/** What a person chose must be there to be shown; a blob that is not is fetched. @throws CONTENT_NOT_HERE */
async function checkHere(
  state: FolderState,
  id: NodeId,
  path: string,
  contents: readonly FileContent[],
): Promise<void> {
  for (const content of contents) {
    if (content.kind === 'text' || (await state.options.contents.size(content.name)) !== undefined) continue;
    await state.miss(content.name, id);
    throw notHere(path);
  }
}
