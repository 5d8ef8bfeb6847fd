/**
 * Bundles a program for whoever starts many processes of it: from sources each of them would spend most of its time on
 * compiling. The bundle finds what it does not hold where the repository has it.
 */
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** The `evermesh` command. Returns the file to run, somewhere below `directory`, which is empty or missing. */
export async function bundleCommand(directory: string): Promise<string> {
  // Found beside the command, by its name.
  const thread = 'compaction-thread-main';
  const source = join(repository, `packages/adapters/src/${thread}.ts`);
  await bundleInto(source, join(directory, 'dist', `${thread}.js`));
  return bundleProgram(join(repository, 'packages/cli/src/bin.ts'), directory);
}

/** Any other program. Returns the file to run, somewhere below `directory`, which is empty or missing. */
export async function bundleProgram(source: string, directory: string): Promise<string> {
  const program = join(directory, 'dist', 'bin.js');
  await bundleInto(source, program);
  await cp(join(repository, 'packages/cli/package.json'), join(directory, 'package.json'));
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
  return program;
}

async function bundleInto(source: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@evermesh/source'],
    target: 'node20',
    // A native library, and one that starts workers by the path of their file.
    external: ['classic-level', 'pino'],
    // By a name that no library takes for it.
    banner: {
      js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`,
    },
    logLevel: 'error',
  });
}
