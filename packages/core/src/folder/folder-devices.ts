/**
 * What people see of the devices of a folder. Each writes its own name into one document that is no file: older versions keep and send
 * that, and make nothing of it. Whoever may write to the folder can write any name there, so a name is words for people, and never
 * says who wrote something: that is the id.
 */
import type * as Y from 'yjs';
import { type DeviceId, type DocumentId, isDeviceId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import type { FolderState } from './folder-state.ts';

/** No node's, no tree's, and none that a program can name. */
const DOCUMENT = 'evermesh.devices' as DocumentId;
/** Devices that are looked at. Nobody has more, and somebody may claim to. */
const MOST = 1000;
/** Characters of a name. */
const LONGEST = 100;
/** Of a name that says no more than these, nothing is left: control, format and private characters, and line ends. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

export class FolderDevices {
  readonly #state: FolderState;

  constructor(state: FolderState) {
    this.#state = state;
  }

  /**
   * The names of devices as they told them: visible characters, at most 100. Devices of one name have the beginning of their ids behind it.
   * @param own how this device is called, whatever the folder says
   */
  async names(own?: {
    readonly id: DeviceId;
    readonly name: string;
  }): Promise<ReadonlyMap<DeviceId, string>> {
    const told = new Map<DeviceId, string>();
    for (const [id, name] of (await this.#told())?.entries() ?? []) {
      if (told.size >= MOST) break;
      const shown = shownName(name);
      if (isDeviceId(id) && shown !== '') told.set(id, shown);
    }
    if (own !== undefined) told.set(own.id, shownName(own.name) || own.id);
    return apart(told);
  }

  /**
   * Tells the other devices how this one is called, once it has written something since it was opened: nobody asks who somebody is that
   * only reads, and he may not write. Writes nothing if they know.
   * @returns whether they know, or will when it arrives there
   * @throws FOLDER_NOT_READY, FORMAT_TOO_NEW
   */
  async introduce(name: string): Promise<boolean> {
    const { device, live, log, options } = this.#state;
    this.#state.checkReady();
    const shown = shownName(name);
    if (shown === '' || log.lastCounter(options.author) === 0) return false;
    const told = await this.#told();
    if (told === undefined || told.get(device) === shown) return told !== undefined;
    using open = await live.open(DOCUMENT);
    namesIn(open.doc).set(device, shown);
    return true;
  }

  /** Where the disk lost it, nothing is lost but words. */
  async #told(): Promise<Y.Map<unknown> | undefined> {
    try {
      return namesIn(await this.#state.documents.newest(DOCUMENT));
    } catch (error) {
      if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
      return undefined;
    }
  }
}

const namesIn = (doc: Y.Doc): Y.Map<unknown> => doc.getMap('names');

function shownName(name: unknown): string {
  if (typeof name !== 'string') return '';
  // Of a text of megabytes nobody reads more.
  const words = name.slice(0, 4 * LONGEST).replace(UNSEEN, ' ');
  return Array.from(words.split(/\s+/u).join(' ').trim()).slice(0, LONGEST).join('').trim();
}

function apart(names: ReadonlyMap<DeviceId, string>): ReadonlyMap<DeviceId, string> {
  const counts = new Map<string, number>();
  for (const name of names.values()) counts.set(likeness(name), (counts.get(likeness(name)) ?? 0) + 1);
  return new Map(
    [...names].map(([id, name]) => [
      id,
      counts.get(likeness(name)) === 1 ? name : `${name} (${id.slice(0, 8)})`,
    ]),
  );
}

/** What people take for one name. */
const likeness = (name: string): string => name.normalize('NFKC').toLowerCase();
