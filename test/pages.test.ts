/** What the pages say of files and of code is so: links lead somewhere, commands exist, and the code compiles. */
import { execFile } from 'node:child_process';
import { access, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildProgram } from '../packages/cli/src/program.ts';
import { anchorsOf, codeIn, linksOf, type Page, readPage, readPages, REPOSITORY } from './support/pages.ts';

const run = promisify(execFile);

describe('links', () => {
  let pages: Page[];

  beforeAll(async () => {
    pages = await readPages();
  });

  test('of every page lead to a file, and to a heading of it', async () => {
    const broken = await Promise.all(pages.map(brokenLinks));
    expect(broken.flat()).toEqual([]);
    // Otherwise the test found no links rather than no broken ones.
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(30);
  });

  test('that are broken are found', async () => {
    const text =
      '[a](nowhere.md) [b](README.md#no-such-heading) `[c](code.md)` [d](https://x.example/) [e](docs)';
    expect(await brokenLinks({ path: 'x.md', text })).toEqual([
      'x.md: nowhere.md',
      'x.md: README.md#no-such-heading',
    ]);
  });
});

async function brokenLinks(page: Page): Promise<string[]> {
  const found = await Promise.all(
    linksOf(page).map(async (link) => ((await leadsSomewhere(page, link)) ? [] : [`${page.path}: ${link}`])),
  );
  return found.flat();
}

async function leadsSomewhere(page: Page, link: string): Promise<boolean> {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  try {
    await access(join(REPOSITORY, path));
  } catch {
    return false;
  }
  return anchor === undefined || anchorsOf(await readPage(path)).includes(anchor);
}

describe('commands', () => {
  const PAGES = ['README.md', 'docs/guides/two-computers.md', 'docs/guides/embed.md', 'docs/how-it-works.md'];

  test.each(PAGES)('in %s are ones that there are, with options that they have', async (path) => {
    const lines = commandsIn(await readPage(path));
    expect(lines.length).toBeGreaterThan(0);
    expect((await Promise.all(lines.map(complaintAbout))).filter((said) => said !== undefined)).toEqual([]);
  });

  test('that there are not are found', async () => {
    expect(await complaintAbout('evermesh heal ~/notes')).toMatch(/unknown command/);
    expect(await complaintAbout('evermesh up ~/notes --fast')).toMatch(/unknown option '--fast'/);
  });
});

/** Command lines of `evermesh`: between fences, in units, and whole ones in the text. */
function commandsIn(page: Page): string[] {
  const lines = codeIn(page, '').flatMap((block) => block.split('\n'));
  const typed = lines.filter((line) => line.startsWith('evermesh '));
  const told = [...page.text.matchAll(/`(evermesh [^`\n]*)`/g)].map((match) => match[1]!);
  const started = codeIn(page, 'ini').flatMap((unit) => [
    ...unit.matchAll(/^ExecStart=.*(?:bin\/evermesh|dist\/bin\.js) (.*)$/gm),
  ]);
  return [...typed, ...told, ...started.map((match) => `evermesh ${match[1]!}`)];
}

/** What the command's own parser says of a line; nothing if it would run. */
async function complaintAbout(line: string): Promise<string | undefined> {
  const quiet = (): void => {};
  const program = buildProgram({ version: '', run: async () => {}, writeOut: quiet, writeError: quiet });
  const words = line.split(/\s+/).slice(1);
  // A sentence may name a command alone; what it works on is in the sentence then.
  const fine = words.length === 1 ? ['commander.version', 'commander.missingArgument'] : [];
  try {
    await program.parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return fine.includes(code ?? '') ? undefined : `${line}: ${message}`;
  }
}

describe('code', () => {
  const PAGES = ['README.md', 'docs/guides/embed.md', 'docs/guides/simulate-your-app.md'];

  test.each(PAGES)('of %s compiles', async (path) => {
    const blocks = codeIn(await readPage(path), 'ts');
    expect(blocks.length).toBeGreaterThan(0);
    expect(await compile(blocks)).toBe('');
  });

  test('that does not compile is found', async () => {
    const complaint = await compile([
      `import { openReplica } from '@evermesh/core';\nopenReplica({ stor: 1 });\n`,
    ]);
    expect(complaint).toMatch(/^block-0\.mts.*error/);
  });
});

/** What the compiler complains of in each block, a module of its own; `npm run types` looks at the packages. */
async function compile(blocks: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-pages-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await symlink(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'));
  await Promise.all(blocks.map((block, index) => writeFile(join(directory, `block-${index}.mts`), block)));
  const settings = {
    extends: join(REPOSITORY, 'tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      isolatedDeclarations: false,
      declaration: false,
      declarationMap: false,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(REPOSITORY, 'node_modules/@types')],
      lib: ['es2023', 'esnext.disposable', 'dom', 'dom.asynciterable'],
    },
    include: ['*.mts'],
  };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(settings));
  const compiler = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [compiler, '--pretty', 'false'], { cwd: directory });
    return '';
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (stdout === undefined || stdout === '') throw error;
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('block-'))
      .join('\n');
  }
}
