import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Bundles what a web page would import, and names every module that went in. A Node module fails the build. */
async function bundle(source: string): Promise<{ inputs: string[]; text: string }> {
  const result = await build({
    stdin: { contents: source, resolveDir: join(root, 'examples'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@evermesh/source'],
    metafile: true,
    logLevel: 'silent',
  });
  return { inputs: Object.keys(result.metafile.inputs), text: result.outputFiles[0]?.text ?? '' };
}

describe('in a browser', () => {
  test('core needs no Node module', async () => {
    const { inputs, text } = await bundle(`export * from '@evermesh/core';`);
    expect(inputs.some((input) => input.endsWith('core/src/replica/replica.ts'))).toBe(true);
    expect(inputs.filter((input) => input.startsWith('node:') || input.includes('(disabled)'))).toEqual([]);
    expect(text).not.toMatch(/require\("(node:)?(fs|path|crypto|buffer)"\)/);
  });

  test('the transport and the store of a browser need none either', async () => {
    const { inputs } = await bundle(
      `export * from '@evermesh/adapters/web-socket'; export * from '@evermesh/adapters/level'; export * from '@evermesh/core';`,
    );
    expect(inputs.filter((input) => /\/(ws|classic-level)\/(?!browser)/.test(input))).toEqual([]);
  });

  test('the page of the example needs none, and holds one copy of Yjs', async () => {
    const { inputs, text } = await bundle(`import './browser/page.ts';`);
    expect(inputs.some((input) => input.endsWith('browser-level/index.js'))).toBe(true);
    expect(
      inputs.filter((input) => input.startsWith('node:') || /\/(ws|classic-level)\//.test(input)),
    ).toEqual([]);
    expect(inputs.filter((input) => /\/yjs\/[^/]*\/?yjs\.[cm]?js$/.test(input))).toHaveLength(1);
    expect(text).not.toMatch(/require\("(node:)?(fs|path|crypto|buffer)"\)/);
  });

  test('the test notices a Node module', async () => {
    await expect(
      bundle(`import { readFileSync } from 'node:fs'; export const read = readFileSync;`),
    ).rejects.toThrow(/node:fs/);
  });
});
