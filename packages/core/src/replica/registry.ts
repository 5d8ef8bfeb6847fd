/**
 * What a replica keeps beside its folders: who it is, and which folders it has.
 *
 * - `replica/device`        the device's id (16 bytes) and name
 * - `replica/folder/<id>`   the name a folder had when last seen
 */
import { type DeviceId, type FolderId, newDeviceId, type Random, toHex, utf8 } from '../base/index.ts';
import { type Committer, prefixEnd, type Store, storedRow, type StoreOperation } from '../log/index.ts';
import { LIMITS, Writer } from '../protocol/index.ts';

export interface Device {
  readonly id: DeviceId;
  readonly name: string;
}

export interface FolderEntry {
  readonly id: FolderId;
  readonly name: string;
}

export const DEVICE_KEY = 'replica/device';
const FOLDER_PREFIX = 'replica/folder/';

/** What is kept of a name: more would not be read again. */
const NAME_CHARACTERS = 256;

/** The device this store belongs to; a new one in a new store. A given name replaces the kept one. */
export async function readDevice(
  store: Store,
  committer: Committer,
  random: Random,
  name: string | undefined,
): Promise<Device> {
  const kept = await readDeviceRow(store);
  const given = name?.slice(0, NAME_CHARACTERS);
  const device = { id: kept?.id ?? newDeviceId(random), name: given ?? kept?.name ?? 'device' };
  if (kept === undefined || kept.name !== device.name) {
    const value = new Writer().hex(device.id).text(device.name).finish();
    await committer.commit([{ type: 'put', key: DEVICE_KEY, value }]);
  }
  return device;
}

/** The device as it is kept. @throws STORE_CORRUPT */
export async function readDeviceRow(store: Pick<Store, 'get'>): Promise<Device | undefined> {
  const row = await store.get(DEVICE_KEY);
  if (row === undefined) return undefined;
  return storedRow(DEVICE_KEY, row, (reader) => ({
    id: toHex(reader.raw(16)) as DeviceId,
    name: reader.text(LIMITS.textBytes),
  }));
}

export async function readFolderEntries(store: Store): Promise<Map<FolderId, FolderEntry>> {
  const entries = new Map<FolderId, FolderEntry>();
  for await (const [key, value] of store.iterator({ gte: FOLDER_PREFIX, lt: prefixEnd(FOLDER_PREFIX) })) {
    const id = key.slice(FOLDER_PREFIX.length) as FolderId;
    entries.set(id, { id, name: new TextDecoder().decode(value) });
  }
  return entries;
}

export const folderEntryRow = ({ id, name }: FolderEntry): StoreOperation => ({
  type: 'put',
  key: FOLDER_PREFIX + id,
  value: utf8(name),
});
