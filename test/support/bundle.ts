/** The bundled command, once for all tests that start it; it lies in a temporary directory. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleCommand } from './bundle-command.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The bundled `evermesh`. */
    command: string;
  }
}

export default async function bundle(project: TestProject): Promise<() => Promise<void>> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-bundle-')));
  project.provide('command', await bundleCommand(root));
  return () => rm(root, { recursive: true, force: true });
}
