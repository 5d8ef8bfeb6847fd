/**
 * What operations must do: a command at random becomes one that there is something for, with what a file system would have
 * of it afterwards.
 */
import { expect } from 'vitest';
import { type NodeId, nodeIdFrom, sha256, utf8 } from '../../../base/index.ts';
import { type NodeKind, ROOT } from '../index.ts';
import * as model from './path-model.ts';
import { rebuild } from './rebuild-oracle.ts';
import type { TreeDevice } from './tree-device.ts';

/** Numbers choose among what there is. */
export type LocalCommand =
  | { type: 'create'; directory: number; name: string; kind: NodeKind; imported: boolean }
  | { type: 'place'; node: number; directory: number | undefined; name: string | undefined }
  /** A directory into a directory. */
  | { type: 'nest'; node: number; directory: number }
  | { type: 'remove'; node: number }
  | { type: 'removeSome'; nodes: readonly number[] }
  | { type: 'restore'; node: number }
  /** Something that was removed is placed. */
  | { type: 'placeRemoved'; node: number; directory: number; name: string }
  | { type: 'edit'; node: number };

/** What an operation does, and what it must have done. */
interface Plan {
  /** A file system would refuse it. */
  readonly refused: boolean;
  readonly act: () => void;
  readonly expected: () => model.Paths;
  readonly verify: (expected: model.Paths, actual: model.Paths) => void;
}

/** Told of what an operation did. */
interface Done {
  made(file: NodeId): void;
  removed(ids: readonly NodeId[]): void;
}

/** `undefined` if there is nothing that the command could choose. */
export function planOf(
  device: TreeDevice,
  paths: model.Paths,
  command: LocalCommand,
  done: Done,
): Plan | undefined {
  if (command.type === 'create') return create(device, paths, command, done);
  if (command.type === 'restore') return restore(device, paths, command.node);
  if (command.type === 'placeRemoved') return placeRemoved(device, paths, command);
  if (command.type === 'nest') {
    const all = directories(device, paths);
    const from = one(all, command.node);
    return from === undefined
      ? undefined
      : place(device, paths, from, one(['', ...all], command.directory), undefined);
  }
  const path = one([...paths.keys()], command.type === 'removeSome' ? (command.nodes[0] ?? 0) : command.node);
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
  const act = (): void => {
    const ids = gone.map((other) => paths.get(other) as NodeId);
    device.tree.remove(ids);
    done.removed(ids);
  };
  const verify =
    command.type === 'remove' ? same : (a: model.Paths, b: model.Paths): void => sameFiles(device, a, b);
  return { refused: false, act, expected: () => model.removed(paths, new Set(gone)), verify };
}

function create(
  device: TreeDevice,
  paths: model.Paths,
  command: LocalCommand & { type: 'create' },
  done: Done,
): Plan | undefined {
  const { name, kind, imported } = command;
  const directory = one(['', ...directories(device, paths)], command.directory) as string;
  const id = imported ? nodeIdFrom(sha256(utf8(`${directory} ${name} ${kind}`)).slice(0, 12)) : undefined;
  if (id !== undefined && device.tree.knows(id)) return undefined;
  let made = '' as NodeId;
  const act = (): void => {
    const parent = directory === '' ? ROOT : device.at(directory).id;
    made = device.tree.create({ parent, name, kind, digest: '', id, seed: imported });
    if (kind !== 'directory') done.made(made);
  };
  const refused = model.isTaken(paths, directory, name);
  return { refused, act, expected: () => model.created(paths, directory, name, made), verify: same };
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

function placeRemoved(
  device: TreeDevice,
  paths: model.Paths,
  command: LocalCommand & { type: 'placeRemoved' },
): Plan | undefined {
  const { name } = command;
  const directory = one(['', ...directories(device, paths)], command.directory) as string;
  const removed = [...device.doc.getMap('c').keys()]
    .sort()
    .filter((id) => device.tree.node(id as NodeId) === undefined);
  const id = one(removed as NodeId[], command.node);
  if (id === undefined) return undefined;
  const act = (): void => {
    const parent = directory === '' ? ROOT : device.at(directory).id;
    device.tree.place(id, parent, name);
  };
  // A directory brings back what lives in it although it was removed, if that waited for it.
  const verify = (expected: model.Paths, actual: model.Paths): void => {
    for (const [path, shownThere] of expected) expect(actual.get(path)).toBe(shownThere);
  };
  const refused = model.isTaken(paths, directory, name);
  return { refused, act, expected: () => model.created(paths, directory, name, id), verify };
}

export const directories = (device: TreeDevice, paths: model.Paths): string[] =>
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

export const one = <T>(list: readonly T[], choice: number): T | undefined => list[choice % list.length];
