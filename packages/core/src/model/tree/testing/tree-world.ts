/**
 * A few devices and the network between them. Every command is checked as soon as it is done: the view is what a rebuild
 * finds, changes are told completely, and what a device does itself has exactly the effect it would have on a disk.
 */
import { expect } from 'vitest';
import * as Y from 'yjs';
import { documentOf, type NodeId, nodeIdFrom, sha256, utf8 } from '../../../base/index.ts';
import { isEvermeshError } from '../../../errors/index.ts';
import { covers, type Heads } from '../../../protocol/index.ts';
import { type NodeKind, ROOT, type ShownNode } from '../index.ts';
import * as model from './path-model.ts';
import { type Facts, rebuild } from './rebuild-oracle.ts';
import { TreeDevice } from './tree-device.ts';

/** Numbers choose among what there is. */
export type LocalCommand =
  | { type: 'create'; directory: number; name: string; kind: NodeKind; imported: boolean }
  | { type: 'place'; node: number; directory: number | undefined; name: string | undefined }
  /** A directory into a directory. */
  | { type: 'nest'; node: number; directory: number }
  | { type: 'remove'; node: number }
  | { type: 'removeSome'; nodes: readonly number[] }
  | { type: 'restore'; node: number }
  | { type: 'edit'; node: number };

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
  /** What whoever removed a file had heard of. */
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
    const plan = this.#plan(device, before, command);
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

  #plan(device: TreeDevice, paths: model.Paths, command: LocalCommand): Plan | undefined {
    if (command.type === 'create') return this.#create(device, paths, command);
    if (command.type === 'restore') return restore(device, paths, command.node);
    if (command.type === 'nest') {
      const all = directories(device, paths);
      const from = one(all, command.node);
      return from === undefined
        ? undefined
        : place(device, paths, from, one(['', ...all], command.directory), undefined);
    }
    const path = one(
      [...paths.keys()],
      command.type === 'removeSome' ? (command.nodes[0] ?? 0) : command.node,
    );
    if (path === undefined) return undefined;
    if (command.type === 'place') {
      const to =
        command.directory === undefined
          ? undefined
          : one(['', ...directories(device, paths)], command.directory);
      return place(device, paths, path, to, command.name);
    }
    if (command.type === 'edit') {
      if (device.at(path).kind === 'directory') return undefined;
      return { refused: false, act: () => device.edit(path), expected: () => paths, verify: same };
    }
    const gone =
      command.type === 'remove'
        ? [...paths.keys()].filter((other) => other === path || model.isIn(other, path))
        : command.nodes.map((node) => one([...paths.keys()], node) as string);
    const act = (): void =>
      this.#remove(
        device,
        gone.map((other) => paths.get(other) as NodeId),
      );
    const verify =
      command.type === 'remove' ? same : (a: model.Paths, b: model.Paths): void => sameFiles(device, a, b);
    return { refused: false, act, expected: () => model.removed(paths, new Set(gone)), verify };
  }

  #create(
    device: TreeDevice,
    paths: model.Paths,
    command: LocalCommand & { type: 'create' },
  ): Plan | undefined {
    const { name, kind, imported } = command;
    const directory = one(['', ...directories(device, paths)], command.directory) as string;
    const id = imported ? nodeIdFrom(sha256(utf8(`${directory} ${name} ${kind}`)).slice(0, 12)) : undefined;
    if (id !== undefined && device.tree.knows(id)) return undefined;
    let made = '' as NodeId;
    const act = (): void => {
      const parent = directory === '' ? ROOT : device.at(directory).id;
      made = device.tree.create({ parent, name, kind, digest: '', id, seed: imported });
      if (kind !== 'directory') this.#files.add(made);
    };
    const refused = model.isTaken(paths, directory, name);
    return { refused, act, expected: () => model.created(paths, directory, name, made), verify: same };
  }

  #remove(device: TreeDevice, ids: readonly NodeId[]): void {
    device.tree.remove(ids);
    for (const id of ids) this.#removals.set(id, [...(this.#removals.get(id) ?? []), new Map(device.heard)]);
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

interface Plan {
  readonly refused: boolean;
  readonly act: () => void;
  readonly expected: () => model.Paths;
  readonly verify: (expected: model.Paths, actual: model.Paths) => void;
}

function place(
  device: TreeDevice,
  paths: model.Paths,
  from: string,
  to: string | undefined,
  newName: string | undefined,
): Plan {
  const directory = to ?? model.directoryOf(from);
  const name = newName ?? model.nameOf(from);
  const intoSelf = directory === from || model.isIn(directory, from);
  const refused = intoSelf || model.isTaken(paths, directory, name, from);
  const act = (): void => {
    const parent = directory === '' ? ROOT : device.at(directory).id;
    device.tree.place(device.at(from).id, parent, name);
  };
  return { refused, act, expected: () => model.moved(paths, from, directory, name), verify: same };
}

function restore(device: TreeDevice, paths: model.Paths, choice: number): Plan | undefined {
  const shown = new Set(paths.values());
  const known = [...device.doc.getMap('c').keys()].sort() as NodeId[];
  const id = one(
    known.filter((other) => !shown.has(other) || device.tree.node(other)?.deletedButAlive === true),
    choice,
  );
  if (id === undefined) return undefined;
  // Its directory may not have arrived: then there is nowhere to return to.
  const { paths: placed } = rebuild(
    device.doc,
    () => new Map(),
    () => 0,
  );
  if (![...placed.values()].includes(id)) return undefined;
  const verify = (expected: model.Paths, actual: model.Paths): void => {
    expect(device.tree.node(id)).toBeDefined();
    for (const [path, shownThere] of expected) expect(actual.get(path)).toBe(shownThere);
  };
  return { refused: false, act: () => device.tree.restore(id), expected: () => paths, verify };
}

const directories = (device: TreeDevice, paths: model.Paths): string[] =>
  [...paths].filter(([, id]) => device.tree.node(id)?.kind === 'directory').map(([path]) => path);

const same = (expected: model.Paths, actual: model.Paths): void => expect(actual).toEqual(expected);

/** A directory that stays because of what it holds may be shown under the identity of another that is united with it. */
function sameFiles(device: TreeDevice, expected: model.Paths, actual: model.Paths): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [path, id] of actual)
    if (device.at(path).kind !== 'directory') expect(id).toBe(expected.get(path));
}

export function pathsOf({ tree }: TreeDevice): Map<string, NodeId> {
  const paths = new Map<string, NodeId>();
  for (const { id } of tree.nodes()) {
    const path = tree.pathOf(id);
    expect(paths.has(path)).toBe(false);
    paths.set(path, id);
  }
  return paths;
}

const one = <T>(list: readonly T[], choice: number): T | undefined => list[choice % list.length];
