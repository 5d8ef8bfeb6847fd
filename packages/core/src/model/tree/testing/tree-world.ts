/**
 * A few devices and the network between them. Every command is checked as soon as it is done: the view is what a rebuild
 * finds, changes are told completely, and what a device does itself has exactly the effect it would have on a disk.
 */
import { expect } from 'vitest';
import * as Y from 'yjs';
import { documentOf, type NodeId } from '../../../base/index.ts';
import { isEvermeshError } from '../../../errors/index.ts';
import { covers, type Heads } from '../../../protocol/index.ts';
import { ROOT, type ShownNode } from '../index.ts';
import { type Facts, rebuild } from './rebuild-oracle.ts';
import { TreeDevice } from './tree-device.ts';
import { directories, type LocalCommand, one, pathsOf, planOf } from './tree-plans.ts';

export type Command =
  | { type: 'local'; device: number; commands: readonly LocalCommand[] }
  /** The next updates of another, and some of anybody in between. */
  | { type: 'receive'; device: number; from: number; count: number; strays: readonly number[] }
  | { type: 'hear'; device: number; from: number; count: number }
  /** `from` makes a directory, `by` fills it, and the device receives what `by` made before that directory. */
  | { type: 'overtake'; device: number; from: number; by: number; name: string }
  | { type: 'meet'; device: number; from: number };

const FROM_NETWORK = Symbol('from the network');

export class TreeWorld {
  readonly devices: TreeDevice[];
  readonly facts: Facts & { operations: number; checks: number; refused: number };
  readonly #updates: { from: TreeDevice; update: Uint8Array }[] = [];
  readonly #projections = new Map<TreeDevice, Map<NodeId, ShownNode>>();
  readonly #files = new Set<NodeId>();
  /** What whoever removed a file had heard of it. */
  readonly #removals = new Map<NodeId, Heads[]>();
  /** How far a device has received another's updates in their order. */
  readonly #next = new Map<string, number>();
  readonly #pick: (n: number) => number;

  constructor(count: number, pick: (n: number) => number) {
    this.#pick = pick;
    this.facts = {
      operations: 0,
      checks: 0,
      refused: 0,
      victims: 0,
      skeletons: 0,
      conflicts: 0,
      united: 0,
      hidden: 0,
    };
    this.devices = Array.from({ length: count }, (_, i) => new TreeDevice(i + 1));
    for (const device of this.devices) {
      this.#projections.set(device, new Map());
      device.doc.on('update', (update: Uint8Array, origin: unknown) => {
        if (origin !== FROM_NETWORK) this.#updates.push({ from: device, update });
      });
    }
  }

  do(command: Command): void {
    const device = one(this.devices, command.device) as TreeDevice;
    if (command.type === 'local') this.#local(device, command.commands);
    else if (command.type === 'receive') this.#receive(device, command);
    else if (command.type === 'hear')
      device.hear(one(this.devices, command.from) as TreeDevice, command.count);
    else if (command.type === 'overtake') this.#overtake(device, command);
    else this.#meet(device, one(this.devices, command.from) as TreeDevice);
    this.#check(device);
  }

  /** Everything reaches everybody, and everybody must show the same, without having lost anything. */
  finish(): void {
    for (const device of this.devices) {
      for (const update of this.#updates) this.#deliver(device, update);
      for (const other of this.devices) device.hear(other);
      this.#check(device);
    }
    const [first, ...others] = this.devices as [TreeDevice, ...TreeDevice[]];
    const fresh = new TreeDevice(15, Y.encodeStateAsUpdate(first.doc));
    for (const device of this.devices) fresh.hear(device);
    const paths = pathsOf(first);
    for (const device of [...others, fresh]) {
      expect(pathsOf(device)).toEqual(paths);
      expect(device.tree.isComplete()).toBe(true);
      expect(device.tree.problems()).toEqual([]);
    }
    const { facts } = rebuild(first.doc, (document) => first.documentHeads(document), this.#pick);
    expect(facts.hidden).toBe(0);
    this.#checkNothingLost(first);
  }

  #local(device: TreeDevice, commands: readonly LocalCommand[]): void {
    if (commands.length === 1) this.#try(device, commands[0] as LocalCommand);
    else device.doc.transact(() => commands.forEach((command) => this.#try(device, command)));
  }

  /** An operation that a file system would refuse must throw and leave no trace; any other must not. */
  #try(device: TreeDevice, command: LocalCommand): void {
    const before = pathsOf(device);
    const plan = planOf(device, before, command, {
      made: (file) => this.#files.add(file),
      removed: (ids) => this.#removed(device, ids),
    });
    if (plan === undefined) return;
    const state = Y.encodeStateAsUpdate(device.doc);
    let refused = false;
    try {
      plan.act();
    } catch (error) {
      if (!isEvermeshError(error)) throw error;
      refused = true;
      expect(Y.encodeStateAsUpdate(device.doc)).toEqual(state);
    }
    expect({ command, refused }).toEqual({ command, refused: plan.refused });
    if (refused) this.facts.refused += 1;
    this.facts.operations += 1;
    plan.verify(refused ? before : plan.expected(), pathsOf(device));
    this.#check(device);
  }

  #removed(device: TreeDevice, ids: readonly NodeId[]): void {
    for (const id of ids) {
      const known = this.#removals.get(id) ?? [];
      this.#removals.set(id, [...known, new Map(device.documentHeads(documentOf(id)))]);
    }
  }

  #receive(device: TreeDevice, { from, count, strays }: Command & { type: 'receive' }): void {
    const source = one(this.devices, from) as TreeDevice;
    const key = `${device.number}<${source.number}`;
    const sent = this.#updates.filter((update) => update.from === source);
    const next = this.#next.get(key) ?? 0;
    for (const stray of strays) this.#deliver(device, one(this.#updates, stray));
    for (const update of sent.slice(next, next + count)) this.#deliver(device, update);
    this.#next.set(key, Math.min(next + count, sent.length));
  }

  #overtake(device: TreeDevice, { from, by, name }: Command & { type: 'overtake' }): void {
    const [maker, filler] = [one(this.devices, from) as TreeDevice, one(this.devices, by) as TreeDevice];
    this.#try(maker, { type: 'create', directory: 0, name, kind: 'directory', imported: false });
    this.#receive(filler, { type: 'receive', device: by, from, count: Infinity, strays: [] });
    const id = maker.tree.resolve(name)?.id;
    const index = directories(filler, pathsOf(filler)).findIndex((path) => filler.at(path).id === id);
    if (index >= 0)
      this.#try(filler, { type: 'create', directory: index + 1, name, kind: 'file', imported: false });
    this.#receive(device, { type: 'receive', device: 0, from: by, count: Infinity, strays: [] });
  }

  #deliver(device: TreeDevice, sent: { from: TreeDevice; update: Uint8Array } | undefined): void {
    if (sent !== undefined) Y.applyUpdate(device.doc, sent.update, FROM_NETWORK);
  }

  #meet(device: TreeDevice, other: TreeDevice): void {
    Y.applyUpdate(device.doc, Y.encodeStateAsUpdate(other.doc), FROM_NETWORK);
    for (const author of this.devices) device.hear(author, other.heard.get(author.author) ?? 0);
  }

  #check(device: TreeDevice): void {
    const { paths, facts } = rebuild(device.doc, (document) => device.documentHeads(document), this.#pick);
    expect(pathsOf(device)).toEqual(paths);
    for (const fact of Object.keys(facts) as (keyof Facts)[]) this.facts[fact] += facts[fact];
    this.facts.checks += 1;
    this.#project(device);
  }

  /** Follows the changes told, step by step, and must arrive at what is shown. */
  #project(device: TreeDevice): void {
    const projection = this.#projections.get(device) as Map<NodeId, ShownNode>;
    for (const { id, before, after } of device.tree.takeChanges()) {
      expect(projection.get(id)).toEqual(before);
      if (after === undefined) projection.delete(id);
      else {
        expect(after.parent === ROOT || projection.has(after.parent)).toBe(true);
        projection.set(id, after);
      }
    }
    const shown = new Map([...device.tree.nodes()].map((node) => [node.id, node]));
    expect(projection).toEqual(shown);
    expect(device.tree.nameConflicts().map(({ id }) => shown.get(id)?.kind)).not.toContain('directory');
  }

  /** A file may be missing only if somebody removed it who had heard of all of its edits. */
  #checkNothingLost(device: TreeDevice): void {
    for (const id of this.#files) {
      if (device.tree.node(id) !== undefined) continue;
      const heads = device.documentHeads(documentOf(id));
      expect((this.#removals.get(id) ?? []).some((heard) => covers(heard, heads))).toBe(true);
    }
  }
}
