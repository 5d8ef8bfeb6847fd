/**
 * Who is where in a folder's documents, handed on once a tick: of what one device says several times meanwhile the last alone, encoded
 * once for all readers that use the same channel number. What is said is opaque here, and lossy.
 */
import type { DocumentId } from '@evermesh/core/base';
import { encodeMessage } from '@evermesh/core/protocol';

/** Somebody who follows a folder. */
export interface FolderReader {
  /** Is told, if it keeps up, who is where in a document. `frame`: what to send on a channel of this number. */
  aware(frame: (channel: number) => Uint8Array): void;
}

export class AwarenessRound {
  readonly #readers: ReadonlySet<FolderReader>;
  /** What each of those who spoke since the last round said last. */
  #said = new Map<FolderReader, Map<DocumentId, Uint8Array>>();

  constructor(readers: ReadonlySet<FolderReader>) {
    this.#readers = readers;
  }

  /** Somebody says something. Returns whether a round is to come that was not to come before. */
  say(from: FolderReader, document: DocumentId, state: Uint8Array): boolean {
    const isFirst = this.#said.size === 0;
    let said = this.#said.get(from);
    if (said === undefined) this.#said.set(from, (said = new Map()));
    // A copy: the state is a view of a frame, which may hold much else.
    said.set(document, state.slice());
    return isFirst;
  }

  /** Tells everybody else. */
  tell(): void {
    const all = this.#said;
    this.#said = new Map();
    for (const [from, said] of all)
      for (const [document, state] of said) {
        const frames = new Map<number, Uint8Array>();
        const frame = (channel: number): Uint8Array => {
          const made = frames.get(channel) ?? encodeMessage({ type: 'AWARENESS', channel, document, state });
          frames.set(channel, made);
          return made;
        };
        for (const reader of this.#readers) if (reader !== from) reader.aware(frame);
      }
  }
}
