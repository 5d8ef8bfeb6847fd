/**
 * What happens to the folder of the fixtures. It is told once, by the code of its time, and leaves rows of every kind:
 * texts of several authors, contents in conflict, contents in the store and beside it, a tree with removals that an edit
 * outlived, a document that is compacted, one that came as a state, some of which the relay has no records any more, the base of somebody whose save was made against an older state, documents and a blob that are owed, and a
 * mirror that stopped between an intent and its rename.
 */
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Folder, FolderId, Store, Transport } from '@evermesh/core';
import { type FileSystem, type Mirror, nodeFileSystem, openMirror } from '@evermesh/mirror';
import { blobNameOf, rowsOf, type Sight } from './fixture.ts';
import { sightOf } from './sight.ts';
import { ADDRESS, CastDevice, type CastRelay } from './cast.ts';

/** One that is longer than what lies in the store, and is nowhere but at its maker's in the end. */
export const MISSED_CONTENT: Uint8Array = new Uint8Array(70_000).fill(0xfe);
const DAY = 86_400_000;
const LARGE_CONTENT = new Uint8Array(80_000).fill(0xfd);
export const LARGE_CONTENTS: readonly Uint8Array[] = [MISSED_CONTENT, LARGE_CONTENT];
const picture = (shade: number): Uint8Array => Uint8Array.of(0xff, 0xd8, 0x00, shade);

/** The first byte of a frame that brings records which were asked for. */
const RECORDS = 6;

export interface Told {
  readonly ada: CastDevice;
  readonly folder: Folder;
  readonly mirror: Mirror;
  /** What Bob sees, who has everything that the relay has, and the content that it lost. */
  readonly bobsSight: Sight;
}

/**
 * @param directory an empty one, which Ada mirrors
 * @param atRename awaited by Ada's mirror before each rename; it is given her store
 */
export async function tell(
  relay: CastRelay,
  directory: string,
  atRename: (store: Store) => Promise<void>,
): Promise<Told> {
  const [ada, bob, cas] = [new CastDevice('ada'), new CastDevice('bob'), new CastDevice('cas')];
  const folder = await keepChronicle(ada);
  const mirror = await importDirectory(ada, folder, directory, () => atRename(ada.store));
  await ada.meet(relay);
  await editTogether(relay, folder, [ada, bob, cas]);
  await keepJournal(ada, folder);
  await keepMinutes(relay, folder.id, bob);
  await ageAtRelay(relay, bob);
  await mirror.settle();
  await disagree(relay, folder.id, [ada, bob, cas]);
  await saveAgainstOlder(folder);
  await ada.meet(relay);
  await mirror.settle();
  await owe(relay, folder, ada, bob);
  await missAtRelay(relay, folder.id);
  const bobsSight = await sightOf(await bob.folder(folder.id));
  await Promise.all([bob.close(), cas.close()]);
  return { ada, folder, mirror, bobsSight };
}

/** One file was saved often on several days, long ago: some of its versions are kept, and of its records what they come to. */
async function keepChronicle(ada: CastDevice): Promise<Folder> {
  const { id } = await (await ada.open()).createFolder({ name: 'fixture' });
  for (let day = 1; day <= 4; day++) {
    const folder = await ada.folder(id);
    for (let hour = 1; hour <= 30; hour++)
      await folder.writeFile('chronicle.md', `day ${day}, hour ${hour}\nthe plants grew\n`);
    await ada.close();
    // It sees how far its log has come, and what is older than a day, when it is opened.
    const again = await ada.folder(id);
    await again.flush();
    await until(async () => (await rowsOf(ada.store)).filter(([key]) => key.includes('/t/')).length > 0);
    if (day > 1) await until(async () => (await rowsOf(ada.store)).some(([key]) => key.includes('/h/')));
    await ada.close();
    ada.clock.pass(DAY);
  }
  return ada.folder(id);
}

async function importDirectory(
  ada: CastDevice,
  folder: Folder,
  directory: string,
  atRename: () => Promise<void>,
): Promise<Mirror> {
  const at = (path: string): string => join(directory, path);
  await mkdir(at('notes/old'), { recursive: true });
  await mkdir(at('empty'));
  await writeFile(at('notes/today.md'), 'water the plants\ncall Anna\n');
  await writeFile(at('notes/old/kept.md'), 'somebody goes on with this\n');
  await writeFile(at('notes/old/gone.md'), 'nobody does with this\n');
  await writeFile(at('nothing'), '');
  await writeFile(at('äöü 文 🌱.txt'), '\u{FEFF}line ends\r\nof both kinds\n');
  await writeFile(at('picture.jpg'), picture(1));
  await writeFile(at('large.bin'), LARGE_CONTENT);
  await writeFile(at('run.sh'), '#!/bin/sh\necho hello\n');
  await chmod(at('run.sh'), 0o755);
  await symlink('notes/today.md', at('link'));
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    rename: (from, to) => atRename().then(() => nodeFileSystem.rename(from, to)),
    replace: (from, to, inode) => atRename().then(() => nodeFileSystem.replace(from, to, inode)),
    link: (from, to) => atRename().then(() => nodeFileSystem.link(from, to)),
  };
  const { random, clock } = ada;
  const mirror = await openMirror({ folder, directory, random, clock, fileSystem });
  await mirror.settle();
  return mirror;
}

/** One after the other, in one file; and a directory gets another name. */
async function editTogether(
  relay: CastRelay,
  { id }: Folder,
  [ada, bob, cas]: [CastDevice, CastDevice, CastDevice],
): Promise<void> {
  const [adas, bobs, cass] = await joined(relay, id, [ada, bob, cas]);
  await bobs.writeFile('notes/today.md', 'water the plants\ncall Anna\nbuy bread\n');
  await bobs.rename('notes', 'diary');
  await bob.meet(relay);
  await cas.meet(relay);
  await cass.writeFile('diary/today.md', 'water all plants\nbuy bread\n');
  await cas.meet(relay);
  await ada.meet(relay);
  await adas.writeFile('diary/today.md', 'water all plants\nbuy much bread\n');
  await ada.meet(relay);
}

/** One file has so many saves that it is compacted, and one more behind that. */
async function keepJournal(ada: CastDevice, folder: Folder): Promise<void> {
  let text = '';
  for (let day = 1; day <= 120; day++) {
    text = `day ${day}: nothing happened\n${text.slice(0, 200)}`;
    await folder.writeFile('journal.md', text);
  }
  await until(async () => (await rowsOf(ada.store)).some(([key]) => key.includes('/n/')));
  await folder.writeFile('journal.md', `${text}something did\n`);
}

/** One file that somebody else saves as often, and of which the others then get what the relay made of that. */
async function keepMinutes(relay: CastRelay, id: FolderId, bob: CastDevice): Promise<void> {
  const folder = await bob.folder(id);
  for (let page = 1; page <= 110; page++)
    await folder.writeFile('minutes.md', `page ${page}\nnobody said anything\n`);
  const states = async (): Promise<number> =>
    (await rowsOf(relay.store)).filter(([key]) => key.includes('/n/')).length;
  const before = await states();
  await bob.meet(relay);
  await until(async () => (await states()) > before);
  await folder.writeFile('minutes.md', 'page 111\nsomebody did\n');
  await bob.meet(relay);
}

/** More than a month later the relay has what came of most documents, and no records. */
async function ageAtRelay(relay: CastRelay, bob: CastDevice): Promise<void> {
  // It sees how far its log has come when somebody comes to the folder.
  for (const later of [0, 31 * DAY]) {
    await relay.stop();
    await relay.start(later);
    await bob.meet(relay);
  }
  await until(async () => (await rowsOf(relay.store)).some(([key]) => key.endsWith('=')));
}

/** Apart: two contents of one file, two files of one name, a removal and an edit of what it removes. */
async function disagree(
  relay: CastRelay,
  id: FolderId,
  cast: [CastDevice, CastDevice, CastDevice],
): Promise<void> {
  const [, bobs, cass] = await joined(relay, id, cast);
  await bobs.writeFile('picture.jpg', picture(2));
  await cass.writeFile('picture.jpg', picture(3));
  await bobs.writeFile('list.txt', "Bob's list\n");
  await cass.writeFile('list.txt', "Cas's list\n");
  await bobs.rm('diary/old', { recursive: true });
  await cass.writeFile('diary/old/kept.md', 'somebody goes on with this\nand did\n');
  for (const device of [...cast, ...cast]) await device.meet(relay);
}

/** An editor that shows an older state saves: what it shows then is no state of the document. */
async function saveAgainstOlder({ nodes }: Folder): Promise<void> {
  const file = [...nodes.all()].find((node) => nodes.pathOf(node.id) === 'diary/today.md');
  if (file === undefined) throw new Error('The file is not there.');
  const { id } = file;
  const shown = nodes.headsOf(id);
  const save = (text: string): Promise<unknown> =>
    nodes.apply([{ type: 'save', id, content: { kind: 'text', text }, shown }]);
  await save('water all plants\nbuy much bread\nand butter\n');
  await save('feed the cat\nwater all plants\nbuy much bread\n');
}

/** Ada hears of files that Bob made; the relay lost the content of one, and the line breaks before the last ones come. */
async function owe(relay: CastRelay, { id, nodes }: Folder, ada: CastDevice, bob: CastDevice): Promise<void> {
  const bobs = await bob.folder(id);
  await bobs.writeFile('missed.bin', MISSED_CONTENT);
  await bobs.writeFile('diary/tomorrow.md', 'sleep long\n');
  await bob.meet(relay);
  await relay.blobs.delete(blobNameOf(MISSED_CONTENT));
  const link = await ada.connect(relay.transport);
  await until(async () => {
    const names = new Set(Array.from(nodes.all(), ({ name }) => name));
    const { fromRelay } = await (await ada.open()).pending(id, ADDRESS);
    return names.has('tomorrow.md') && names.has('missed.bin') && fromRelay === 1;
  });
  await link.close();

  await bobs.writeFile('diary/later.md', 'not fetched\n');
  await bobs.writeFile('diary/today.md', 'not fetched either\n');
  await bob.meet(relay);
  const { transport, cut } = cutAtRecords(relay.transport);
  const cutLink = await ada.connect(transport);
  await cut;
  await cutLink.close();
}

/** Somebody new asks for the content that the relay lost, again if it has got it back from Bob meanwhile, and it notes that. */
async function missAtRelay(relay: CastRelay, id: FolderId): Promise<void> {
  await relay.blobs.delete(blobNameOf(MISSED_CONTENT));
  const dora = new CastDevice('dora');
  await dora.folder(id);
  const link = await dora.connect(relay.transport);
  await until(async () => (await rowsOf(relay.store)).some(([key]) => key.includes('/x/wanted/')));
  await link.close();
  await dora.close();
}

/** A transport whose lines bring nothing more once records come that were asked for; `cut` is told of it. */
function cutAtRecords(transport: Transport): { transport: Transport; cut: Promise<void> } {
  const told = new AbortController();
  const connect: Transport['connect'] = (events) =>
    transport.connect({
      opened: () => events.opened(),
      frame: (bytes) => (bytes[0] === RECORDS ? told.abort() : events.frame(bytes)),
      closed: (why) => events.closed(why),
    });
  const cut = once(told.signal, 'abort').then(() => undefined);
  return { transport: { ...transport, connect }, cut };
}

/** All of them in step with the relay, and gone from it again. */
async function joined(
  relay: CastRelay,
  id: FolderId,
  cast: [CastDevice, CastDevice, CastDevice],
): Promise<[Folder, Folder, Folder]> {
  const folders: Folder[] = [];
  for (const device of cast) {
    folders.push(await device.folder(id));
    await device.meet(relay);
  }
  return folders as [Folder, Folder, Folder];
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(5);
}
