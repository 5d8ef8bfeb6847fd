/** The field of the browser example: what a person types and what others write end up in one text, whoever comes first. */
import { memoryStore } from '@evermesh/adapters/memory';
import { type Folder, openReplica } from '@evermesh/core';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ShownFile, type TextField } from '../examples/browser/shown-file.ts';

const FILE = 'today.md';

/** As a browser's text area: a new value moves the caret to its end. */
class Field implements TextField {
  disabled = false;
  selectionStart = 0;
  #value = '';

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    this.#value = value;
    this.selectionStart = value.length;
  }

  setSelectionRange(start: number): void {
    this.selectionStart = start;
  }

  /** As a person would, who looks at the field. */
  type(text: string, at = this.selectionStart): void {
    this.#value = this.#value.slice(0, at) + text + this.#value.slice(at);
    this.selectionStart = at + text.length;
  }
}

describe('a file in a field', () => {
  let folder: Folder;
  let field: Field;
  let file: ShownFile;

  beforeEach(async () => {
    const replica = await openReplica({ store: memoryStore() });
    onTestFinished(() => replica.close());
    folder = await replica.createFolder({ name: 'notes' });
    await folder.writeFile(FILE, 'one\ntwo\n');
    field = new Field();
    file = new ShownFile(folder.nodes, (await folder.stat(FILE)).id, field);
  });

  test('cannot be typed into before its text is here', async () => {
    expect(field.disabled).toBe(true);
    await file.settle();
    expect(field).toMatchObject({ disabled: false, value: 'one\ntwo\n' });
  });

  test('saves what was typed', async () => {
    await file.settle();
    field.type('zero\n', 0);
    await file.settle();
    expect(await folder.readFile(FILE, 'utf8')).toBe('zero\none\ntwo\n');
  });

  test('keeps what arrived while the old text was shown', async () => {
    await file.settle();
    await folder.writeFile(FILE, 'one\none and a half\ntwo\n');
    field.type('three\n', field.value.length);
    await file.settle();
    const merged = 'one\none and a half\ntwo\nthree\n';
    expect(await folder.readFile(FILE, 'utf8')).toBe(merged);
    expect(field.value).toBe(merged);
  });

  test('shows nothing over what is being typed, and loses neither', async () => {
    await file.settle();
    await folder.writeFile(FILE, 'one\ntwo\nfrom elsewhere\n');
    field.type('zero\n', 0);
    const saving = file.settle();
    // The first save has begun: this is typed into the text that it leaves on the screen.
    await Promise.resolve();
    field.type('below zero\n', 0);
    await saving;
    await file.settle();
    const merged = 'below zero\nzero\none\ntwo\nfrom elsewhere\n';
    expect(await folder.readFile(FILE, 'utf8')).toBe(merged);
    expect(field.value).toBe(merged);
  });

  test('leaves the caret at the character where it was', async () => {
    await file.settle();
    field.setSelectionRange('one\n'.length);
    await folder.writeFile(FILE, 'zero\none\ntwo\n');
    await file.settle();
    expect(field.selectionStart).toBe('zero\none\n'.length);
    await folder.writeFile(FILE, 'zero\none\ntwo\nthree\n');
    await file.settle();
    expect(field.selectionStart).toBe('zero\none\n'.length);
  });
});
