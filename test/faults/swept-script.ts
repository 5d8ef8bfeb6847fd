/** What is done while a store fails, what was promised meanwhile, and what of that is missing afterwards. */
import type { Folder, FolderId } from '@evermesh/core';
import { utf8 } from '@evermesh/core/base';
import type { SweptDevice, SweptRelay } from './swept-mesh.ts';

export class Promised {
  folder: FolderId | undefined;
  /** Lines that `flush` made durable, and the name of the device where. */
  readonly flushed: Map<string, string> = new Map();
  /** Those of them of which links told that the relay, and whoever was in step with it, has them. */
  readonly synced: Set<string> = new Set();

  allSynced(): void {
    for (const line of this.flushed.keys()) this.synced.add(line);
  }
}

/** Ada makes a folder and Bob joins it; both write to it, together and apart; Ada stops and comes back. */
export async function writeAndMeet(
  ada: SweptDevice,
  bob: SweptDevice,
  relay: SweptRelay,
  promised: Promised,
  relayFails?: AbortSignal,
): Promise<void> {
  const adas = await (await ada.open()).createFolder({ name: 'swept' });
  promised.folder = adas.id;
  await type(adas, 'a.txt', promised, 'ada 1');
  await type(adas, 'd/b.txt', promised, 'ada 2');
  await adas.rename('a.txt', 'd/c.txt');
  await adas.writeFile('gone.txt', 'not promised\n');
  // No text, and small enough to lie in the store.
  await adas.writeFile('d/photo', Uint8Array.of(0xff, 0xfe, 0x00, ...utf8('photo')));
  await adas.rm('gone.txt');
  await adas.flush();
  promised.flushed.set('photo', 'ada');
  await ada.inStep(relay, relayFails);
  promised.allSynced();

  const bobs = await bob.folder(adas.id);
  await bob.inStep(relay, relayFails);
  await bobs.whenReady();
  await ada.disconnect();
  await type(bobs, 'd/c.txt', promised, 'bob 1');
  await type(bobs, 'e.txt', promised, 'bob 2');
  await type(adas, 'd/c.txt', promised, 'ada 3');
  await adas.rename('d', 'moved');
  await adas.flush();
  await bob.inStep(relay, relayFails);
  await ada.inStep(relay, relayFails);
  promised.allSynced();

  await ada.stop();
  const again = await ada.folder(adas.id);
  await type(again, 'moved/b.txt', promised, 'ada 4');
  await ada.inStep(relay, relayFails);
  promised.allSynced();
  await ada.stop();
}

/** Ada's and Bob's lines in two files get old, twice, and both go on with them. */
export async function writeAndAge(
  ada: SweptDevice,
  bob: SweptDevice,
  relay: SweptRelay,
  promised: Promised,
  failure: AbortSignal,
): Promise<void> {
  const { id } = await (await ada.open()).createFolder({ name: 'swept' });
  promised.folder = id;
  for (let round = 0; round < 2; round++) {
    const adas = await ada.folder(id);
    for (const line of ['1', '2', '3', '4']) await type(adas, 'a.txt', promised, `ada ${round}${line}`);
    await ada.inStep(relay);
    promised.allSynced();
    const bobs = await bob.folder(id);
    await bob.inStep(relay);
    await bobs.whenReady();
    await type(bobs, 'a.txt', promised, `bob ${round}1`);
    await type(bobs, 'b.txt', promised, `bob ${round}2`);
    await bob.inStep(relay);
    await ada.inStep(relay);
    promised.allSynced();
    await type(adas, 'b.txt', promised, `ada ${round}5`);
    await ada.inStep(relay);
    promised.allSynced();
    await ada.age(id, failure);
  }
  await type(await ada.folder(id), 'b.txt', promised, 'ada last');
  await ada.stop();
}

/**
 * What the device that opens first lacks before it has met the others, of what was promised to it (a new one: of what was in
 * step); and what is wrong when all have met: what raw records do not show, what is not equal, what of all that was promised
 * is nowhere. Nothing, if all is well.
 */
export async function whatIsMissing(
  first: SweptDevice,
  promised: Promised,
  relay: SweptRelay,
  others: readonly SweptDevice[],
): Promise<string[]> {
  const isNew = (await first.open()).folders().length === 0;
  if (promised.folder === undefined) return [];
  const folder = await first.folder(promised.folder);
  if (isNew && promised.synced.size > 0) await first.inStep(relay);
  const alone = await contentsOf(folder);
  const found = [...promised.flushed]
    .filter(([line, by]) => (promised.synced.has(line) || by === first.name) && !alone.includes(line))
    .map(([line]) => `${first.name}, alone: ${line}`);
  // In the order of their names: Ada made the folder, and may be the only one who has it.
  const all = [first, ...others].sort((one, other) => one.name.localeCompare(other.name));
  for (const device of all) await device.folder(promised.folder);
  // Twice: what the last one brought is there for the first one then. On a new link, for on one that is in step that is still on its way.
  for (let round = 0; round < 2; round++) {
    for (const device of all) {
      await device.disconnect();
      await device.inStep(relay);
    }
  }
  for (const device of all) {
    const here = await device.folder(promised.folder);
    const contents = await contentsOf(here);
    for (const line of promised.flushed.keys())
      if (!contents.includes(line)) found.push(`${device.name}, in the end: ${line}`);
    for (const finding of await here.verify()) found.push(`${device.name}: ${JSON.stringify(finding)}`);
    if (contents !== (await contentsOf(folder))) found.push(`${device.name} shows something else`);
  }
  return found;
}

async function type(folder: Folder, path: string, promised: Promised, line: string): Promise<void> {
  const before = await textAt(folder, path);
  await folder.writeFile(path, `${before}${line}\n`);
  await folder.flush();
  promised.flushed.set(line, line.split(' ')[0] as string);
}

const textAt = (folder: Folder, path: string): Promise<string> =>
  folder.stat(path).then(
    () => folder.readFile(path, 'utf8'),
    () => '',
  );

/** Every path with its bytes, a character each. */
async function contentsOf(folder: Folder): Promise<string> {
  const all: string[] = [];
  for (const node of folder.nodes.all()) {
    const path = folder.nodes.pathOf(node.id);
    const bytes = node.kind === 'directory' ? 'directory' : await folder.readFile(path);
    all.push(`${path}: ${typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')}`);
  }
  return all.sort().join('\n');
}
