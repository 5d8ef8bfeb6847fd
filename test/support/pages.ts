/** The pages that people read, and what can be checked in them: where links lead, and the code between fences. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const REPOSITORY: string = join(import.meta.dirname, '..', '..');

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

export async function readPage(path: string): Promise<Page> {
  return { path, text: await readFile(join(REPOSITORY, path), 'utf8') };
}

/** README, ARCHITECTURE, CONTRIBUTING, everything below docs, and the README of each package. */
export async function readPages(): Promise<Page[]> {
  const docs = await readdir(join(REPOSITORY, 'docs'), { recursive: true });
  const packages = await readdir(join(REPOSITORY, 'packages'));
  const paths = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'bench/README.md',
    ...docs.filter((path) => path.endsWith('.md')).map((path) => join('docs', path)),
    ...packages.map((name) => join('packages', name, 'README.md')),
  ];
  return Promise.all(paths.map(readPage));
}

/** The targets of links and pictures, without those that lead elsewhere. Code is no link. */
export function linksOf({ text }: Page): string[] {
  const prose = text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1]!);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The fragments by which a page's headings are reached, as GitHub makes them. */
export function anchorsOf({ text }: Page): string[] {
  const headings = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)];
  return headings.map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What stands between fences of this language, in order. */
export function codeIn({ text }: Page, language: string): string[] {
  const fences = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms');
  return [...text.matchAll(fences)].map((match) => match[1]!);
}
