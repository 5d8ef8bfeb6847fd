/** Waits for contents that are not here, as long as somebody can be asked who owes them. */
import { type BlobName, type DocumentId, documentOf, type NodeId } from '../base/index.ts';
import { type EvermeshError, isEvermeshError } from '../errors/index.ts';
import { isAwaited } from './arrived.ts';
import type { FolderState } from './folder-state.ts';
import type { FolderNodes } from './nodes.ts';
import { notHere } from './paths.ts';

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Resolves when all contents of these files are here, those in conflict as well. All are asked for at once, before anything else; they stay
 * wanted, whether they come or not. What is removed meanwhile is waited for no more.
 * @throws CONTENT_NOT_HERE, once the others are here, if nobody can be asked who is to have one; the signal's reason
 */
export async function fetchContents(
  state: FolderState,
  nodes: FolderNodes,
  ids: readonly NodeId[],
  { signal }: FetchOptions = {},
): Promise<void> {
  // What is empty up to now as well.
  state.bodies.ask(ids.map(documentOf));
  const missing: NodeId[] = [];
  for (const id of ids) if (!(await nodes.isHere(id))) missing.push(id);
  signal?.throwIfAborted();
  if (missing.length === 0) return;
  const watch = new Watch(state, signal);
  try {
    state.debts.look(missing.map(documentOf));
    let failure: EvermeshError | undefined;
    for (const id of missing) {
      try {
        await arrival(state, nodes, id, watch);
      } catch (error) {
        if (!isEvermeshError(error, 'CONTENT_NOT_HERE')) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  } finally {
    watch.stop();
  }
}

async function arrival(state: FolderState, nodes: FolderNodes, id: NodeId, watch: Watch): Promise<void> {
  for (;;) {
    const changed = watch.next();
    if (nodes.node(id) === undefined || (await nodes.isHere(id))) return;
    // Reading it is what tells that a blob is missing, and asks for it.
    for (const { content } of (await nodes.content(id))?.others ?? []) await state.askFor(content, id);
    watch.signal?.throwIfAborted();
    if (watch.isInVain(id) || (!watch.isWoken && !isComing(state, id))) throw notHere(nodes.pathOf(id));
    await changed;
  }
}

/** What is taken and on its way to the disk is owed by nobody, and not here yet. */
function isComing(state: FolderState, id: NodeId): boolean {
  const document = documentOf(id);
  if (state.log.isWriting(document)) return true;
  const peers = state.bodies.peers();
  if (peers.length === 0) return false;
  if (state.contentsMissedBy(id).length > 0) return true;
  return isAwaited(state, id) && peers.some((peer) => state.debts.owes(peer, document) !== undefined);
}

/** What may change the answer, for as long as anything is waited for. */
class Watch {
  readonly signal: AbortSignal | undefined;
  /** Something changed since `next`: what was read meanwhile may be older. */
  isWoken = false;
  readonly #state: FolderState;
  readonly #stops: readonly (() => void)[];
  /** What a peer could not give, of whatever was waited for first. */
  readonly #vain = new Set<DocumentId | BlobName>();
  #wake: () => void = () => undefined;

  constructor(state: FolderState, signal: AbortSignal | undefined) {
    this.#state = state;
    this.signal = signal;
    const wake = (): void => {
      this.isWoken = true;
      this.#wake();
    };
    signal?.addEventListener('abort', wake);
    this.#stops = [
      state.progress.add(wake),
      state.log.appended.add(wake),
      state.bodies.peersChanged.add(wake),
      state.debts.vain.add((what) => {
        this.#vain.add(what);
        wake();
      }),
      () => signal?.removeEventListener('abort', wake),
    ];
  }

  isInVain(id: NodeId): boolean {
    const contents = this.#state.contentsMissedBy(id);
    return this.#vain.has(documentOf(id)) || contents.some((name) => this.#vain.has(name));
  }

  /** Resolves at the first change from now on. */
  next(): Promise<void> {
    this.isWoken = false;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}
