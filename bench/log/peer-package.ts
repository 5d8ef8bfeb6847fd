/** Packages of other engines, which `bench/peers` holds: imported only where they are installed. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const peers = createRequire(join(import.meta.dirname, '../peers/package.json'));

/** The version that is installed, if one is. */
export function peerVersion(name: string): string | undefined {
  try {
    return (peers(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(pathToFileURL(peers.resolve(name)).href)) as Module;
}
