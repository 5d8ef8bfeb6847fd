/**
 * Steps that give nodes the places that they have on disk, in an order in which they can be done: what has to leave a name first
 * does, and where two wait for each other one of them goes aside for a moment.
 */
import { type FolderNodes, type NodeId, ROOT } from '@evermesh/core';
import type { AncestorEntry } from './ancestor.ts';
import type { Match } from './match-disk.ts';
import { besideName } from './names.ts';
import { firstToLeave, placeOrder, type Wait } from './place-order.ts';
import { Siblings } from './siblings.ts';

/** A step that gives a node its place. */
export type PlaceStep =
  | {
      readonly type: 'make';
      readonly match: Match;
      readonly id: NodeId;
      readonly parent: NodeId;
      readonly name: string;
    }
  /** A file or link: its content decides whether it is a node that the folder has already. */
  | { readonly type: 'create'; readonly match: Match; readonly parent: NodeId }
  | {
      readonly type: 'place';
      readonly match: Match;
      readonly id: NodeId;
      readonly parent: NodeId;
      readonly name: string;
    }
  /** Out of the way: for a moment, so that two can exchange their names, or because another file stands there on disk. */
  | { readonly type: 'aside'; readonly id: NodeId; readonly parent: NodeId; readonly name: string }
  | { readonly type: 'remove'; readonly entry: AncestorEntry }
  /** What the disk showed of a file in conflict: another content takes its place. */
  | { readonly type: 'removeShown'; readonly entry: AncestorEntry };

type Nodes = Pick<FolderNodes, 'node' | 'children' | 'nameKey'>;

export function orderSteps(steps: readonly PlaceStep[], nodes: Nodes): PlaceStep[] {
  const siblings = new Siblings(nodes);
  const arriving = new Map<NodeId, PlaceStep>();
  const leaving = new Map<NodeId, PlaceStep>();
  for (const step of steps) {
    if (step.type === 'make' || step.type === 'place') arriving.set(step.id, step);
    if (step.type === 'place') leaving.set(step.id, step);
    if (step.type === 'remove') leaving.set(step.entry.id, step);
  }
  const holderOf = (step: PlaceStep): NodeId | undefined =>
    step.type === 'make' || step.type === 'place' || step.type === 'create'
      ? siblings.at(step.parent, step.type === 'create' ? step.match.name : step.name)?.id
      : undefined;
  const wanted = new Set(steps.map(holderOf));
  const yielding: PlaceStep[] = [];
  for (const step of steps) {
    const node =
      step.type === 'removeShown' && wanted.has(step.entry.id) ? nodes.node(step.entry.id) : undefined;
    if (node === undefined) continue;
    const { id, parent, name } = node;
    const aside: PlaceStep = { type: 'aside', id, parent, name: besideName(name, hexOfId(id)) };
    leaving.set(id, aside);
    yielding.push(aside);
  }
  const parentOf = (id: NodeId): NodeId | undefined => nodes.node(id)?.parent;
  const moveOf = (id: NodeId): PlaceStep | undefined => {
    const step = arriving.get(id);
    return step?.type === 'place' ? step : undefined;
  };
  function* waits(step: PlaceStep): Iterable<Wait<PlaceStep>> {
    if (step.type === 'aside' || step.type === 'removeShown') return;
    if (step.type === 'remove') {
      // What moves out does so first: a directory goes with nothing in it but what goes too.
      if (step.entry.kind !== 'directory') return;
      for (const { id } of nodes.children(step.entry.id)) {
        const child = leaving.get(id);
        if (child !== undefined) yield { step: child, until: 'left' };
      }
      return;
    }
    const parent = arriving.get(step.parent);
    if (parent !== undefined) yield { step: parent, until: 'arrived' };
    const above = step.type === 'place' ? firstToLeave(step.parent, step.id, parentOf, moveOf) : undefined;
    if (above !== undefined) yield { step: above, until: 'arrived' };
    const holder = holderOf(step);
    const leaver = holder === undefined ? undefined : leaving.get(holder);
    if (leaver !== undefined) yield { step: leaver, until: 'left' };
  }
  const aside = (step: PlaceStep): PlaceStep | undefined => {
    const node = step.type === 'place' ? nodes.node(step.id) : undefined;
    // In the root, for the directory that it leaves may go next.
    return node && { type: 'aside', id: node.id, parent: ROOT, name: `.evermesh-aside-${node.id}` };
  };
  const ordered = placeOrder([...yielding, ...steps], waits, aside);
  const isFree = (step: Extract<PlaceStep, { type: 'make' | 'place' }>): boolean => {
    const holder = holderOf(step);
    return holder === undefined || holder === step.id || leaving.has(holder);
  };
  // A name that somebody has who stays: the node gets one beside it, which may be taken as well.
  return ordered.map((step) => {
    if (step.type !== 'make' && step.type !== 'place') return step;
    let placed = step;
    for (let attempt = 0; !isFree(placed); attempt++)
      placed = { ...step, name: besideName(step.name, hexOf(step), attempt) };
    return placed;
  });
}

/** What a name beside another is made from: a file's content, a directory's identity. */
function hexOf(step: Extract<PlaceStep, { type: 'make' | 'place' }>): string {
  const known = step.type === 'place' ? step.match.known?.digest : undefined;
  return known !== undefined && known !== '' ? known : hexOfId(step.id);
}

const hexOfId = (id: NodeId): string =>
  Array.from(id.slice(-6))
    .map((c) => c.charCodeAt(0).toString(16))
    .join('');
