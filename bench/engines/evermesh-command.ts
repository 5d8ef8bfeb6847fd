/**
 * Which `evermesh` is measured: the built one, as it would be installed, or the sources where nothing is built.
 * Sources start slower, because they are compiled at each start, and so their figures are not for comparing.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(import.meta.dirname, '../..');

export interface EvermeshCommand {
  /** Arguments of `node` that come before those of the command. */
  readonly nodeArguments: readonly string[];
  /** For the head of the report. */
  readonly described: string;
}

export function findEvermesh(): EvermeshCommand {
  const built = join(REPOSITORY, 'packages/cli/dist/bin.js');
  if (existsSync(built)) {
    const isOld = newest('src') > newest('dist');
    const described = `the built command, packages/*/dist${isOld ? ' (OLDER than the sources: npm run build)' : ''}`;
    return { nodeArguments: [built], described };
  }
  return {
    nodeArguments: [
      '--conditions=@evermesh/source',
      '--import',
      import.meta.resolve('tsx'),
      join(REPOSITORY, 'packages/cli/src/bin.ts'),
    ],
    described: 'the SOURCES, for want of a build (npm run build): starts are slow, do not compare',
  };
}

/** When a file of this directory of any package was last written; tests are no part of the command. */
function newest(directory: string): number {
  const packages = join(REPOSITORY, 'packages');
  let latest = 0;
  for (const name of readdirSync(packages)) {
    const root = join(packages, name, directory);
    if (!existsSync(root)) continue;
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!/\.(?:ts|js)$/.test(entry.name) || /\.(?:test|test-d)\.ts$/.test(entry.name)) continue;
      if (/[/\\]testing(?:[/\\]|$)/.test(entry.parentPath)) continue;
      latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
    }
  }
  return latest;
}
