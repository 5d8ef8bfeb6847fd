/**
 * Bundles the command once for all tests that start it: from sources each of some hundred processes would spend most of
 * its time on compiling. The bundle lies in a temporary directory and finds what it does not hold where the repository
 * has it.
 */
import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The bundled `evermesh`. */
    command: string;
  }
}

const repository = fileURLToPath(new URL('../../', import.meta.url));

export default async function bundle(project: TestProject): Promise<() => Promise<void>> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-bundle-')));
  const command = join(root, 'dist', 'bin.js');
  await build({
    entryPoints: [join(repository, 'packages/cli/src/bin.ts')],
    outfile: command,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@evermesh/source'],
    target: 'node20',
    // A native library, and one that starts workers by the path of their file.
    external: ['classic-level', 'pino'],
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
    logLevel: 'error',
  });
  await cp(join(repository, 'packages/cli/package.json'), join(root, 'package.json'));
  await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
  project.provide('command', command);
  return () => rm(root, { recursive: true, force: true });
}
