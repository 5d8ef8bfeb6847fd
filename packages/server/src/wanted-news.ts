/**
 * Asks one channel for the blobs that the folder lacks here: for all of them when it opens, and for others when that turns
 * out. One that is slow is asked for all of them once it has caught up: nothing is kept for it meanwhile.
 */
import type { BlobName, FolderId } from '@evermesh/core/base';
import { encodeMessage, LIMITS } from '@evermesh/core/protocol';
import type { ChannelSocket } from './channel-socket.ts';
import type { FolderBlobs } from './folder-blobs.ts';
import type { Noted } from './wanted-blobs.ts';

export interface WantedNewsOptions {
  readonly channel: number;
  readonly folder: FolderId;
  readonly blobs: FolderBlobs;
  readonly socket: ChannelSocket;
  /** As records of this channel name their source. */
  readonly source: unknown;
  /** What was found cannot be read. */
  readonly failed: (error: unknown) => void;
}

export class WantedNews {
  readonly #options: WantedNewsOptions;
  readonly #stopListening: () => void;
  /** All are asked for again, once there is room. */
  #isBehind = false;
  #isOver = false;

  /** Listens from now on. */
  constructor(options: WantedNewsOptions) {
    this.#options = options;
    this.#stopListening = options.blobs.wanted.noted.add((noted) => this.#onNoted(noted));
  }

  /** Asks for all. */
  async all(): Promise<void> {
    const { blobs, folder, socket } = this.#options;
    let names: BlobName[] = [];
    for await (const name of blobs.lacking(folder)) {
      if (this.#isOver) return;
      names.push(name);
      if (names.length < LIMITS.batchBlobs) continue;
      await socket.drained();
      this.#ask(names);
      names = [];
    }
    if (names.length > 0) this.#ask(names);
  }

  stop(): void {
    this.#isOver = true;
    this.#stopListening();
  }

  #onNoted({ folder, names, source }: Noted): void {
    if (folder !== this.#options.folder || source === this.#options.source) return;
    if (this.#options.socket.isFull) this.#fallBehind();
    else
      for (let at = 0; at < names.length; at += LIMITS.batchBlobs)
        this.#ask(names.slice(at, at + LIMITS.batchBlobs));
  }

  #fallBehind(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    const catchUp = async (): Promise<void> => {
      await this.#options.socket.drained();
      this.#isBehind = false;
      if (!this.#isOver) await this.all();
    };
    catchUp().catch((error: unknown) => {
      if (!this.#isOver) this.#options.failed(error);
    });
  }

  #ask(names: readonly BlobName[]): void {
    const { channel, socket } = this.#options;
    if (!this.#isOver) socket.send(encodeMessage({ type: 'WANTED', channel, names }));
  }
}
