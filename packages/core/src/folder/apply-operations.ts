/**
 * Does a list of operations on nodes. What they need is read first; then everything is changed, numbered and given to
 * the log in one turn, so an operation is whole or not there, in memory and on disk alike.
 */
import type * as Y from 'yjs';
import { type BlobName, documentOf, type NodeId, random53, TREE_DOCUMENT } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import type { StoreOperation } from '../log/index.ts';
import {
  type ComparedTexts,
  type FileContent,
  firstUpdate,
  readFile,
  removeShown,
  resolveConflict,
  saveContent,
  type ShownFile,
  unitOf,
} from '../model/index.ts';
import { equalHeads, type Heads, NO_HEADS } from '../protocol/index.ts';
import { checkBounds } from './call-bounds.ts';
import { compareLarge } from './compared-saves.ts';
import { type FolderState, SECRET } from './folder-state.ts';
import { HeldDocuments, type Rewrite } from './held-documents.ts';
import { seedClientId } from './import-id.ts';
import { checkNumbers, LOCAL, LocalRecords } from './local-records.ts';
import { type NamesInRecords, namesInRecords } from './names-in-records.ts';
import { noConflict } from './no-conflict.ts';
import type { ApplyOptions, ApplyResult, NodeOperation } from './nodes.ts';
import { type Bases, basesHold, basesOf } from './bases-of-saves.ts';
import { type Base, keepBaseRow, nobodyBeside } from './shown-bases.ts';

interface RunOptions extends ApplyOptions {
  /** Whether somebody shows what was saved, and saves against it next: otherwise nothing is kept of it. Default: yes. */
  readonly isShown?: boolean;
}

type Create = Extract<NodeOperation, { type: 'create' }>;
type Save = Extract<NodeOperation, { type: 'save' }>;
type Remove = Extract<NodeOperation, { type: 'remove' }>;
type RemoveShown = Extract<NodeOperation, { type: 'removeShown' }>;
type Resolve = Extract<NodeOperation, { type: 'resolve' }>;
/** Documents that must be in memory to be written to. */
type Living = HeldDocuments['all'];

interface Compared {
  readonly bases: Bases;
  readonly compared: ReadonlyMap<Rewrite, ComparedTexts>;
}

/** What writes a file's document. */
const WRITING: ReadonlySet<NodeOperation['type']> = new Set(['create', 'save', 'removeShown', 'resolve']);

/** A tag that is no device's: what an import writes must come out equal on every device. */
const IMPORT_TAG = '0000000000';

/**
 * Returns when the operations are in the log; `durable` resolves when they survive a power cut.
 * @throws CONTENT_TOO_LARGE for more than fits in one call; DEVICE_FORKED when another claims to stand for what this run
 * has yet to write. Nothing is changed then.
 */
export async function applyOperations(
  state: FolderState,
  operations: readonly NodeOperation[],
  options: RunOptions,
): Promise<{ result: ApplyResult; durable: Promise<void> }> {
  checkBounds(operations);
  const saves = operations.filter((operation) => operation.type === 'save');
  const held = new HeldDocuments(state.documents);
  try {
    await held.hold(operations);
    const names = await namesInRecords(state, operations, held.all);
    let bases = await basesOf(state, saves);
    const compared = await compareLarge(state, held.all, bases);
    // What arrived while comparing is in the documents now, and was not shown to whoever saved.
    while (!held.areCurrent || !basesHold(state, bases)) {
      await held.hold(operations);
      bases = await basesOf(state, saves);
    }
    return new OperationRun(state, held.all, { bases, compared }, names).do(operations, options);
  } finally {
    held.release();
  }
}

/** One call's operations, without an `await` in between. */
class OperationRun {
  readonly #state: FolderState;
  readonly #living: Living;
  readonly #bases: Bases;
  readonly #compared: ReadonlyMap<Rewrite, ComparedTexts>;
  readonly #names: NamesInRecords;
  readonly #records: LocalRecords;
  readonly #failures = new Map<number, EvermeshError>();
  readonly #stayed = new Set<NodeId>();
  /** Files written, and what their writer had been shown before. */
  readonly #written = new Map<NodeId, Heads>();
  /** Files that were written here since their writer was shown them: by a program, while an editor had them open. */
  readonly #overtaken = new Set<NodeId>();
  /** Files of which the disk now shows what no state of the document is. */
  readonly #mixed = new Map<NodeId, ShownFile>();

  constructor(state: FolderState, living: Living, { bases, compared }: Compared, names: NamesInRecords) {
    this.#state = state;
    this.#living = living;
    this.#bases = bases;
    this.#compared = compared;
    this.#names = names;
    this.#records = new LocalRecords(state.log, state.options.author, state.options.clock);
  }

  do(
    operations: readonly NodeOperation[],
    options: RunOptions,
  ): { result: ApplyResult; durable: Promise<void> } {
    const { treeDoc, log } = this.#state;
    const written = operations.filter(({ type }) => WRITING.has(type)) as (
      | Create
      | Save
      | RemoveShown
      | Resolve
    )[];
    checkNumbers(log, this.#state.options.author, [
      TREE_DOCUMENT,
      ...written.map(({ id }) => documentOf(id)),
    ]);
    // What is written here may build on what was typed.
    this.#state.live.record();
    this.#state.writing = this.#records;
    try {
      this.#records.capture(TREE_DOCUMENT, treeDoc, () =>
        treeDoc.transact(() => operations.forEach((one, i) => this.#try(one, i))),
      );
    } catch (error) {
      // What was written stays in the documents. Without a record, nothing written later could be read behind it.
      this.#append().catch(() => undefined);
      throw error;
    }
    const heads = new Map<NodeId, Heads>();
    const result: ApplyResult = { heads, failures: this.#failures, stayed: this.#stayed };
    const beside = (): readonly StoreOperation[] => {
      for (const [id, shown] of this.#written) heads.set(id, this.#headsAfter(id, shown));
      return [...this.#baseRows(heads, options.isShown ?? true), ...(options.beside?.(result) ?? [])];
    };
    return { result, durable: this.#append(beside) };
  }

  /** Gives what was written to the log. */
  #append(beside: () => readonly StoreOperation[] = () => []): Promise<void> {
    this.#state.writing = undefined;
    const records = this.#records.take();
    const { durable } = this.#state.log.append(records, { beside, source: LOCAL });
    this.#state.stepHere(records.map(({ header }) => header.document));
    return durable;
  }

  #try(operation: NodeOperation, index: number): void {
    try {
      this.#one(operation);
    } catch (error) {
      if (!isEvermeshError(error)) throw error;
      this.#failures.set(index, error);
    }
  }

  #one(operation: NodeOperation): void {
    const { tree } = this.#state;
    if (operation.type === 'create') this.#create(operation);
    else if (operation.type === 'save') this.#save(operation);
    else if (operation.type === 'place') tree.place(operation.id, operation.parent, operation.name);
    else if (operation.type === 'restore') tree.restore(operation.id);
    else if (operation.type === 'keep') tree.keep(operation.id);
    else if (operation.type === 'remove') this.#remove(operation);
    else if (operation.type === 'removeShown') this.#removeShown(operation);
    else if (operation.type === 'resolve') this.#resolve(operation);
    else tree.setExecutable(operation.id, operation.executable);
  }

  #create({ id, parent, name, kind, content, digest, executable, imported }: Create): void {
    const { tree } = this.#state;
    tree.create({ id, parent, name, kind, digest, ...(imported === true ? { seed: true } : {}) });
    if (executable === true) tree.setExecutable(id, true);
    if (kind === 'directory') return;
    this.#written.set(id, NO_HEADS);
    if (content === undefined || digest === '') return;
    const document = documentOf(id);
    const secret = tree.metadata(SECRET) ?? '';
    const clientId = imported === true ? seedClientId(secret, id) : random53(this.#state.options.random);
    const tag = imported === true ? IMPORT_TAG : this.#state.tag;
    this.#records.add(document, firstUpdate(clientId, content, digest, tag), this.#blobsOf(content));
  }

  #save(save: Save): void {
    const { id, content, shown } = save;
    const { tree } = this.#state;
    if (!tree.knows(id))
      throw new EvermeshError('PATH_NOT_FOUND', 'The file to save never was in the folder.', {
        details: { id },
      });
    // Of a removed file the name is nobody's any more: lines are right for any.
    const name = tree.node(id)?.name ?? '';
    const live = this.#living.get(save) as Y.Doc;
    const base = this.#bases.get(save) as Base | EvermeshError;
    if (isEvermeshError(base)) throw base;
    const { author } = this.#state.options;
    const own = this.#state.log.assignedHeads(documentOf(id)).get(author);
    const isTyped = this.#state.live.takeInto(this.#records, documentOf(id));
    if (isTyped || own !== shown.get(author)) this.#overtaken.add(id);
    const how = { tag: this.#state.tag, unit: unitOf(name), compared: this.#compared.get(save) };
    const saving = (): ShownFile | undefined => saveContent(live, base.shown, content, how);
    const after = this.#records.capture(documentOf(id), live, saving, this.#blobsOf(content));
    // All of it was made by somebody else, too. The saver has seen it now, and what he shows needs heads of its own.
    if (after !== undefined && this.#records.counterOf(documentOf(id)) === undefined)
      this.#records.add(documentOf(id), NOTHING);
    this.#written.set(id, shown);
    if (isTyped || (after !== undefined && !base.newest)) this.#mixed.set(id, after ?? base.shown);
  }

  #remove({ ids, shown }: Remove): void {
    const removed = ids.filter((id) => {
      const heads = shown?.get(id);
      if (heads === undefined || equalHeads(heads, this.#state.seenHeads(documentOf(id)))) return true;
      this.#stayed.add(id);
      return false;
    });
    this.#state.tree.remove(removed);
  }

  #removeShown(operation: RemoveShown): void {
    const { id, shown } = operation;
    const { tree, tag } = this.#state;
    const document = documentOf(id);
    if (
      !equalHeads(shown, this.#state.seenHeads(document)) ||
      this.#state.live.takeInto(this.#records, document)
    )
      return void this.#stayed.add(id);
    const live = this.#living.get(operation) as Y.Doc;
    const next = this.#records.capture(document, live, () =>
      removeShown(live, tag, this.#compared.get(operation)),
    );
    if (next === undefined) tree.remove([id]);
    else this.#records.names(document, this.#blobsOf(next));
  }

  #resolve(operation: Resolve): void {
    const { id, keep, shown } = operation;
    const document = documentOf(id);
    const live = this.#living.get(operation) as Y.Doc;
    if (
      !equalHeads(shown, this.#state.documents.heldHeads(document)) ||
      this.#state.live.takeInto(this.#records, document)
    )
      return void this.#stayed.add(id);
    const isDone = this.#records.capture(document, live, () =>
      resolveConflict(live, keep, this.#state.tag, this.#compared.get(operation)),
    );
    if (!isDone) throw noConflict();
    this.#records.names(document, this.#blobsOf(readFile(live).shown));
  }

  /** The disk shows what it showed before and what was written here, and nothing that came from others meanwhile. */
  #headsAfter(id: NodeId, shown: Heads): Heads {
    const { author } = this.#state.options;
    const counter = this.#state.log.assignedHeads(documentOf(id)).get(author);
    const wrote = this.#records.wrote.has(documentOf(id));
    // The heads of this record cover what this device wrote before it and did not show; those before it are what others were shown.
    if (wrote && counter !== undefined && this.#overtaken.has(id))
      return new Map(shown).set(nobodyBeside(author), counter);
    return wrote && counter !== undefined ? new Map(shown).set(author, counter) : shown;
  }

  #blobsOf(content: FileContent): BlobName[] {
    return content.kind === 'blob' ? [this.#names.get(content.name) ?? content.name] : [];
  }

  #baseRows(heads: ReadonlyMap<NodeId, Heads>, isShown: boolean): StoreOperation[] {
    const rows: StoreOperation[] = [];
    for (const [{ id, shown }, base] of this.#bases) {
      const now = heads.get(id);
      // Nothing was written: the disk still shows what the kept row says.
      if (now === undefined || now === shown || isEvermeshError(base)) continue;
      if (base.row !== undefined) rows.push({ type: 'del', key: base.row });
      const mixed = this.#mixed.get(id);
      if (mixed !== undefined && isShown) rows.push(keepBaseRow(this.#state, id, now, mixed));
    }
    return rows;
  }
}

/** A Yjs update without a change. */
const NOTHING = Uint8Array.of(0, 0);
