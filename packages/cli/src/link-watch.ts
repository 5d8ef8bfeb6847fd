/** A folder's link as commands see it: where it stands in few words, when everything is in step, and what ends it. */
import {
  type DocumentId,
  type ErrorCode,
  EvermeshError,
  type FolderId,
  type Link,
  type LinkedFolder,
  Listeners,
} from '@evermesh/core';
import { explain } from './next-steps.ts';
import type { LinkReport, LinkState } from './reports.ts';

/** With these, waiting is of no use: a person has to do something first. */
const NEEDS_A_PERSON: ReadonlySet<ErrorCode> = new Set([
  'AUTH_REQUIRED',
  'AUTH_DENIED',
  'AUTH_EXPIRED',
  'QUOTA_EXCEEDED',
  'ORIGIN_REFUSED',
  'PROTOCOL_UNSUPPORTED',
  'RELAY_NOT_TLS',
  'FORMAT_TOO_NEW',
  'FOLDER_NOT_FOUND',
  'STORE_FAILED',
  'STORE_CLOSED',
  'STORE_CORRUPT',
]);

const needsAPerson = (error: EvermeshError | undefined): boolean =>
  error !== undefined && NEEDS_A_PERSON.has(error.code);

export class LinkWatch {
  /** The link's state, or whether the folder is in step, may have changed. */
  readonly changed: Listeners<void> = new Listeners();
  #link: Link;
  readonly #folder: FolderId;
  readonly #relay: string;
  #stop: () => void;
  /** A link that another one took the place of, while it ends. */
  #replaced: Promise<void> | undefined;
  #wasConnected = false;

  constructor(link: Link, folder: FolderId, relay: string) {
    this.#link = link;
    this.#folder = folder;
    this.#relay = relay;
    this.#stop = this.#listen();
  }

  /** Goes on with another link to the same relay, and closes the old one. */
  replace(link: Link): void {
    this.#stop();
    this.#replaced = this.#link.close();
    this.#link = link;
    this.#stop = this.#listen();
    this.changed.emit();
  }

  get report(): LinkReport {
    const state = this.#state();
    const error = this.#folderState?.error ?? this.#link.error;
    const isTrouble = state === 'away' || state === 'refused';
    return { relay: this.#relay, state, why: isTrouble && error !== undefined ? explain(error) : undefined };
  }

  /** As the replica names the relay. */
  get address(): string {
    return this.#link.address;
  }

  get isConnected(): boolean {
    return this.#state() === 'connected';
  }

  /** Whether the relay took the folder at any time. */
  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  /** Documents and contents that the relay announced, and that are not here yet. */
  get owed(): number {
    const folder = this.#folderState;
    return (folder?.owedDocuments ?? 0) + (folder?.wantedBlobs ?? 0);
  }

  /** Everything that was durable here a moment ago is durable there, and all that is known of there is here. */
  get isSynced(): boolean {
    return this.#link.status() === 'connected' && this.#folderState?.isSynced === true;
  }

  /** What is missing here is nothing that the relay has. */
  get isStalled(): boolean {
    return this.#link.status() === 'connected' && this.#folderState?.isStalled === true;
  }

  /** Documents of which something stays here, because the relay has no room for it, and what it says of that. */
  get withheld(): { readonly documents: readonly DocumentId[]; readonly why: EvermeshError | undefined } {
    const { withheld = [], withheldFor } = this.#folderState ?? {};
    return { documents: withheld, why: withheldFor };
  }

  /** Why it makes no sense to go on. */
  get failure(): EvermeshError | undefined {
    if (this.#link.status() === 'closed') return new EvermeshError('LINK_CLOSED', 'The link was closed.');
    return [this.#link.error, this.#folderState?.error].find(needsAPerson);
  }

  /** Resolves as soon as `check` is true; looked at after every change. Rejects with the signal's reason. */
  until(check: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (signal?.aborted === true) end(() => reject(signal.reason as Error));
        else if (check()) end(resolve);
      };
      const end = (settle: () => void): void => {
        stop();
        signal?.removeEventListener('abort', look);
        settle();
      };
      const stop = this.changed.add(look);
      signal?.addEventListener('abort', look);
      look();
    });
  }

  async close(): Promise<void> {
    this.#stop();
    await Promise.all([this.#replaced, this.#link.close()]);
  }

  #listen(): () => void {
    return this.#link.onStatus.add(() => {
      this.#wasConnected ||= this.isConnected;
      this.changed.emit();
    });
  }

  get #folderState(): LinkedFolder | undefined {
    return this.#link.folders().find(({ id }) => id === this.#folder);
  }

  #state(): LinkState {
    switch (this.#link.status()) {
      case 'connecting':
        // A further attempt after a failed one is still "away" to a person.
        return this.#link.error === undefined ? 'connecting' : this.#failedState();
      case 'connected':
        return this.#connectedState();
      case 'waiting':
        return this.#failedState();
      case 'refused':
        return 'refused';
      default:
        return 'off';
    }
  }

  /** A wrong address may be tried again and again, and is still not a relay that will come back. */
  #failedState(): LinkState {
    return needsAPerson(this.#link.error) ? 'refused' : 'away';
  }

  /** A relay may greet a device and then not let it have the folder: only what it says to that counts. */
  #connectedState(): LinkState {
    const folder = this.#folderState;
    if (folder?.error !== undefined) return folder.error.retryable ? 'away' : 'refused';
    return folder?.state === 'catching-up' || folder?.state === 'live' ? 'connected' : 'connecting';
  }
}
