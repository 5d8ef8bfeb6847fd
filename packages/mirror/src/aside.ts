/**
 * What stands in our own directory for a moment, under the name of its node: its place is wanted, or it is to go. It does not stay
 * there, where it would look removed. An intent says of each that it is, so the next start brings back what a crash left.
 */
import type { NodeId } from '@evermesh/core';
import type { AncestorEntry } from './ancestor.ts';
import type { ApplyWorld } from './apply-world.ts';
import { type Disk, TEMPORARY } from './disk.ts';
import { putBack } from './put-back.ts';

export const asidePath = (id: NodeId): string => `${TEMPORARY}/${id}`;

/** Whether it was put aside, and is there still. */
export const isAside = async (disk: Disk, { id, inode }: AncestorEntry): Promise<boolean> =>
  (await disk.lstat(asidePath(id)))?.inode === inode;

export class Aside {
  readonly #world: ApplyWorld;
  readonly #paths = new Map<NodeId, string>();

  constructor(world: ApplyWorld) {
    this.#world = world;
  }

  /** Where things are that were put aside. */
  get paths(): ReadonlyMap<NodeId, string> {
    return this.#paths;
  }

  /** Returns where it is from now on. */
  async put(id: NodeId, path: string): Promise<string> {
    const { disk, trash } = this.#world;
    const aside = asidePath(id);
    // What the start could not put away from there: a rename would take its place without a word.
    if ((await disk.lstat(aside)) !== undefined) await trash.put(aside, `unfinished/${id}`);
    await disk.fs.rename(disk.at(path), disk.at(aside));
    this.#paths.set(id, aside);
    return aside;
  }

  /** It is where it was to be. */
  over(id: NodeId): void {
    this.#paths.delete(id);
  }

  async bringBack(entry: AncestorEntry): Promise<void> {
    const { ancestor, nodes, intents } = this.#world;
    const change = await putBack(this.#world, entry, asidePath(entry.id), undefined);
    await nodes.keep([...ancestor.rows([change]), intents.over(entry.id)]);
    ancestor.took([change]);
    this.over(entry.id);
    this.#world.retryLater(entry.id);
  }

  /** Whatever did not come to its place. */
  async bringAllBack(): Promise<void> {
    for (const id of [...this.#paths.keys()]) {
      const entry = this.#world.ancestor.get(id);
      if (entry !== undefined) await this.bringBack(entry);
    }
  }
}
