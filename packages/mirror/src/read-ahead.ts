/** Reads files a few ahead of whoever needs their contents, in the order in which they are needed. */
import type { BlobStore, Clock } from '@evermesh/core';
import type { Disk } from './disk.ts';
import { asFile, type Match } from './match-disk.ts';
import { readContent, type Reading } from './read-disk.ts';

/** Files read at once. */
const AHEAD = 16;

export class ReadAhead {
  readonly #disk: Disk;
  readonly #blobs: BlobStore;
  readonly #clock: Clock;
  readonly #toRead: Match[];
  #next = 0;
  readonly #readings = new Map<Match, Promise<Reading>>();

  constructor(
    { disk, blobs, clock }: { readonly disk: Disk; readonly blobs: BlobStore; readonly clock: Clock },
    toRead: Match[],
  ) {
    this.#disk = disk;
    this.#blobs = blobs;
    this.#clock = clock;
    this.#toRead = toRead;
  }

  async read(match: Match): Promise<Reading> {
    while (!this.#readings.has(match) || (this.#readings.size < AHEAD && this.#next < this.#toRead.length)) {
      const next = this.#toRead[this.#next++] ?? match;
      const reading = readContent(this.#disk, asFile(next), this.#blobs, this.#clock);
      // It is waited for later; a failure before that must not end the process.
      reading.catch(() => undefined);
      this.#readings.set(next, reading);
    }
    const reading = this.#readings.get(match) as Promise<Reading>;
    this.#readings.delete(match);
    return reading;
  }
}
