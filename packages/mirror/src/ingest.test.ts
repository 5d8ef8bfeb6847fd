/** What one look found, done in as many calls as the folder takes it in. */
import type { NodeId } from '@evermesh/core';
import { NO_HEADS } from '@evermesh/core/protocol';
import { expect, test, vi } from 'vitest';
import { Ancestor } from './ancestor.ts';
import type { AncestorEntry } from './ancestor-entry.ts';
import { Disk } from './disk.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { ingest, type IngestWorld } from './ingest.ts';
import type { PlaceStep } from './place-steps.ts';
import { SecondLook } from './second-look.ts';
import { testDevices } from './testing/devices.ts';

const devices = testDevices();

function removed(index: number): PlaceStep {
  const id = `0${String(index).padStart(16, '0')}` as NodeId;
  const entry: AncestorEntry = {
    id,
    parent: 'root' as NodeId,
    name: `${index}`,
    kind: 'file',
    digest: '',
    size: 0,
    mtime: 0n,
    ctime: 0n,
    born: 0n,
    inode: BigInt(index),
    executable: false,
    racy: false,
    heads: NO_HEADS,
  };
  return { type: 'remove', entry };
}

test('more removals than the folder takes in one call are several', async () => {
  const device = await devices.make();
  const { nodes } = device.folder;
  const apply = vi.spyOn(nodes, 'apply');
  const ancestor = new Ancestor(nodes);
  const world: IngestWorld = {
    disk: new Disk(nodeFileSystem, device.directory, 0n),
    nodes,
    blobs: device.blobs,
    ancestor,
    looks: new SecondLook(device.clock, ancestor),
    isUndecided: () => false,
    clock: device.clock,
    tell: () => undefined,
    importing: false,
    recovering: false,
    problem: () => undefined,
    solved: () => undefined,
    lookAgain: () => undefined,
    changing: () => undefined,
    touched: () => undefined,
    waitFor: () => undefined,
  };
  const places = Array.from({ length: 120_000 }, (_, index) => removed(index));
  await ingest({ places, contents: [], agreed: [], united: [], dropped: [], executables: [] }, world);
  const removals = apply.mock.calls.map(([operations]) =>
    operations.map((operation) => (operation.type === 'remove' ? operation.ids.length : 0)),
  );
  expect(removals).toEqual([[50_000, 50_000], [20_000]]);
});
