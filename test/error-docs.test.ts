/** docs/errors.md is the list of error codes that people read; packages/core has the list that programs use. */
import { readFile } from 'node:fs/promises';
import { ERROR_CODES } from '@evermesh/core/errors';
import { beforeAll, describe, expect, test } from 'vitest';

interface Section {
  readonly code: string;
  readonly paragraphs: readonly string[];
}

describe('docs/errors.md', () => {
  let sections: Section[];

  beforeAll(async () => {
    const page = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
    sections = page.split(/^### /m).slice(1).map(sectionFrom);
  });

  test('has one heading for every code, and none for anything else', () => {
    expect(sections.map(({ code }) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  test('says of each code what it means and what to do', () => {
    const incomplete = sections.filter(({ paragraphs }) => paragraphs.length < 2).map(({ code }) => code);
    expect(incomplete).toEqual([]);
  });
});

function sectionFrom(text: string): Section {
  // A section ends where the next group of codes begins.
  const [code = '', ...lines] = text.split(/^## /m)[0]!.split('\n');
  const paragraphs = lines
    .join('\n')
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== '');
  return { code: code.trim(), paragraphs };
}
