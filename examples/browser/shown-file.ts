/**
 * A file's text in a field that a person types into, while other devices write the same file.
 *
 * What was typed is saved against the state that the field showed, so that only what the person saw and changed is
 * changed: what arrived meanwhile stays, and is shown once everything typed is saved.
 */
import type { FolderNodes, Heads, NodeId } from '@evermesh/core';

/** What is needed of an `HTMLTextAreaElement`. */
export interface TextField {
  value: string;
  disabled: boolean;
  selectionStart: number;
  setSelectionRange(start: number, end: number): void;
}

interface Shown {
  readonly text: string;
  readonly heads: Heads;
}

export class ShownFile {
  readonly #nodes: FolderNodes;
  readonly #id: NodeId;
  readonly #field: TextField;
  /** Nothing until the content is here. */
  #shown: Shown | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(nodes: FolderNodes, id: NodeId, field: TextField) {
    this.#nodes = nodes;
    this.#id = id;
    this.#field = field;
    field.disabled = true;
  }

  /** Saves what was typed, then shows what arrived: one at a time. Durable on this device when it resolves. */
  settle(): Promise<void> {
    const step = this.#working.then(() => this.#settle());
    // The next step tries again; this one's failure is for whoever asked.
    this.#working = step.catch(() => undefined);
    return step;
  }

  async #settle(): Promise<void> {
    const typed = this.#field.value;
    if (this.#shown !== undefined && typed !== this.#shown.text) await this.#save(typed, this.#shown.heads);
    const now = await this.#nodes.content(this.#id);
    // Whoever types goes first: this comes back when that is saved.
    if (now?.content.kind !== 'text' || this.#field.value !== typed) return;
    this.#show({ text: now.content.text, heads: now.heads });
  }

  async #save(text: string, shown: Heads): Promise<void> {
    const content = { kind: 'text', text } as const;
    const { heads, failures } = await this.#nodes.apply([{ type: 'save', id: this.#id, content, shown }]);
    const failure = failures.get(0);
    if (failure !== undefined) throw failure;
    this.#shown = { text, heads: heads.get(this.#id) ?? shown };
  }

  #show(shown: Shown): void {
    this.#shown = shown;
    this.#field.disabled = false;
    if (this.#field.value === shown.text) return;
    const caret = caretIn(shown.text, this.#field);
    this.#field.value = shown.text;
    this.#field.setSelectionRange(caret, caret);
  }
}

/** Where the caret belongs in the new text: it keeps its place, or moves along with what was changed before it. */
function caretIn(text: string, { value, selectionStart }: TextField): number {
  const behind = value.slice(selectionStart);
  const isChangedBefore = !text.startsWith(value.slice(0, selectionStart)) && text.endsWith(behind);
  return isChangedBefore ? text.length - behind.length : selectionStart;
}
