/**
 * Tells each time disk, store and relay come to hold the same after they had been apart: what a person waits for after
 * an edit, a start or a time without network.
 */
import type { Mirror } from '@evermesh/mirror';
import type { LinkWatch } from './link-watch.ts';

export class SyncedWatch {
  readonly #mirror: Pick<Mirror, 'idle' | 'status'>;
  readonly #link: Pick<LinkWatch, 'isSynced' | 'changed'>;
  readonly #tell: (files: number) => void;
  readonly #stop: () => void;
  #isApart = true;
  #isLooking = false;
  /** Something happened while the mirror was waited for, which may have given it more to do. */
  #isStale = false;

  constructor(
    mirror: Pick<Mirror, 'idle' | 'status'>,
    link: Pick<LinkWatch, 'isSynced' | 'changed'>,
    tell: (files: number) => void,
  ) {
    this.#mirror = mirror;
    this.#link = link;
    this.#tell = tell;
    this.#stop = link.changed.add(() => this.look());
  }

  /** Something was taken from the disk or written to it. */
  changed(): void {
    this.#isApart = true;
    this.look();
  }

  /** The mirror has, or may have, come to rest. */
  look(): void {
    this.#isStale = true;
    if (!this.#link.isSynced) this.#isApart = true;
    else if (this.#isApart && !this.#isLooking) void this.#confirm();
  }

  close(): void {
    this.#stop();
  }

  /** What the link brought a moment ago is on disk only when the mirror has nothing more to do. */
  async #confirm(): Promise<void> {
    this.#isLooking = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#mirror.idle();
    }
    this.#isLooking = false;
    if (!this.#isApart || !this.#link.isSynced) return;
    const { state, files } = this.#mirror.status();
    if (state !== 'in step') return;
    this.#isApart = false;
    this.#tell(files);
  }
}
