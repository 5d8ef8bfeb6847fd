/** Somebody who brings back what he removed. */
import type { NodeId, NodeOperation } from '@evermesh/core';
import { ROOT } from '@evermesh/core';
import { lettersIn } from './letters.ts';
import type { Seat } from './seat.ts';

/**
 * Each thing comes back as itself: into its directory, or into the root if that is gone. For what is shown he does nothing, and so
 * his removal of it stands: it may be there for an edit alone that a relay told of, and that everybody loses before it is here.
 */
export async function restore({ folder, bin, random, ledger, who, say, cannot }: Seat): Promise<void> {
  const at = random.below(bin.length);
  const [removal] = bin.splice(at, 1);
  if (removal === undefined) return cannot('has removed nothing that he would like back');
  const { nodes, texts, how } = removal;
  const isShown = (id: NodeId): boolean => folder.nodes.node(id)?.id === id;
  const gone = nodes.filter(({ id }) => !isShown(id));
  const ids = new Set(gone.map(({ id }) => id));
  const operations = gone.map(({ id, parent, name }): NodeOperation => {
    const isThere = parent === ROOT || isShown(parent) || ids.has(parent);
    return { type: 'place', id, parent: isThere ? parent : ROOT, name };
  });
  say(`brings back what was ${how}: ${gone.map(({ name }) => name).join(', ')}`);
  const { failures } = await folder.nodes.apply(operations);
  for (const failure of failures.values()) say(`is told ${failure.code}`);
  if (failures.size > 0) return;
  const back = gone.map(({ id }) => texts.get(id) ?? '').join('');
  ledger.restored(lettersIn(back), who, (known) => known === how);
}
