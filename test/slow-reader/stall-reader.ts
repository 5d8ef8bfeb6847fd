/**
 * A device that stops reading while another one writes as fast as the relay takes it: what the relay holds for it meanwhile is looked at
 * again and again. Then it reads on, and has to come to the same.
 */
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type Folder, openReplica } from '@evermesh/core';
import { sha256, toHex } from '@evermesh/core/base';
import { FaultyWire, type WireFault } from '@evermesh/testkit/wire';
import { seededBytes } from '../support/seeded-bytes.ts';

/** Files that are written between two looks, and the bytes of each. */
const FILES = 16;
const FILE_BYTES = 96 * 1024;

export interface Look {
  /** Bytes that the relay took since the reader stopped. */
  readonly written: number;
  /** Bytes that the relay held for its readers then. */
  readonly waiting: number;
}

export interface StalledRelay {
  readonly url: string;
  readonly metricsUrl: string;
}

/**
 * @param isEnough asked after each look
 * @returns whether the reader has all that was written, byte by byte, in the end
 */
export async function stallReader(
  { url, metricsUrl }: StalledRelay,
  isEnough: (look: Look) => boolean,
): Promise<boolean> {
  await using writer = await openReplica({ store: memoryStore(), blobs: memoryBlobs() });
  await using reader = await openReplica({ store: memoryStore(), blobs: memoryBlobs() });
  await using wire = await FaultyWire.open(Number(new URL(url).port));
  const gate = new Gate();
  wire.faults = { back: gate.fault };
  const folder = await writer.createFolder({ name: 'notes' });
  await folder.writeFile('first.txt', 'first\n');
  const writing = writer.connect(webSocketTransport(url));
  await writing.whenSynced();
  const copy = await reader.joinFolder(folder.id);
  const reading = reader.connect(webSocketTransport(`ws://127.0.0.1:${wire.port}`));
  await copy.whenReady();
  await reading.whenSynced();

  gate.close();
  for (let round = 0, isOver = false; !isOver; round++) {
    for (let file = 0; file < FILES; file++)
      await folder.writeFile(`${round} ${file}.txt`, text(round * FILES + file));
    await writing.whenSynced();
    const written = (round + 1) * FILES * FILE_BYTES;
    isOver = isEnough({ written, waiting: await waitingBytes(metricsUrl) });
  }
  gate.open();
  await folder.writeFile('last.txt', 'last\n');
  await hasFile(copy, 'last.txt');
  await reading.whenSynced();
  return (await digestsOf(folder)) === (await digestsOf(copy));
}

/** Nothing passes, and nothing is read, while it is closed. */
class Gate {
  #opened: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  readonly fault: WireFault = () => {
    const opened = (): Promise<void> => this.#opened;
    return async function* (piece) {
      await opened();
      yield piece;
    };
  };

  close(): void {
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }
}

/** Bytes that do not compress; each file is another. */
const FILLING = Buffer.from(seededBytes((FILE_BYTES * 3) / 4)).toString('base64');
const text = (number: number): string => `${number} ${FILLING}\n`;

async function waitingBytes(metricsUrl: string): Promise<number> {
  const page = await (await fetch(new URL('/metrics', metricsUrl))).text();
  return Number(/^evermesh_relay_waiting_bytes (\S+)$/m.exec(page)?.[1]);
}

function hasFile({ nodes }: Folder, name: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (![...nodes.all()].some((node) => node.name === name)) return;
      stop();
      resolve();
    };
    const stop = nodes.changed.add(look);
    look();
  });
}

async function digestsOf(folder: Folder): Promise<string> {
  const names = (await folder.readdir('')).sort();
  const all = names.map(async (name) => `${name} ${toHex(sha256(await folder.readFile(name)))}`);
  return (await Promise.all(all)).join('\n');
}
