/** The answer of `verify`: disk beside documents, and the store beside its own records, by path. */
import { documentOf, TREE_DOCUMENT } from '@evermesh/core/base';
import type { Finding, Folder } from '@evermesh/core';
import type { Mirror } from '@evermesh/mirror';
import type { Difference, VerifyReport } from './reports.ts';

export async function verifyReport(
  folder: Folder,
  mirror: Mirror,
  signal: AbortSignal | undefined,
): Promise<VerifyReport> {
  const disk = await mirror.verify({ signal });
  signal?.throwIfAborted();
  const findings = await folder.verify();
  return {
    directory: mirror.directory,
    files: filesOf(folder),
    disk: disk.map(({ path, what, detail }) => ({ path, what, detail })),
    store: withPaths(folder, findings),
    // What is damaged is told as that.
    waiting:
      findings.length > 0
        ? []
        : (await folder.missingParts()).map(({ path, devices }) => ({ path, devices })),
  };
}

function withPaths({ nodes }: Folder, findings: readonly Finding[]): Difference[] {
  if (findings.length === 0) return [];
  const paths = new Map([...nodes.all()].map(({ id }) => [documentOf(id), nodes.pathOf(id)]));
  return findings.map(({ document, what, detail }) => ({
    path: document === TREE_DOCUMENT ? 'the tree' : (paths.get(document) ?? `document ${document}`),
    what,
    detail,
  }));
}

function filesOf({ nodes }: Folder): number {
  let files = 0;
  for (const { kind } of nodes.all()) if (kind !== 'directory') files += 1;
  return files;
}
