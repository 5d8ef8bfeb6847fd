/** Packages of other engines, which `bench/peers` holds: imported only where they are installed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../peers/load.ts';

const INSTALLED = join(import.meta.dirname, '../peers/node_modules');

/** Whether the package that an engine needs is installed; a note says which, or what to do. */
export function hasPeer(engine: string, peer: string, notes: string[]): boolean {
  const version = peerVersion(peer);
  const missing = 'left out, not installed (npm install --ignore-scripts, in bench/peers)';
  notes.push(`${engine}: ${version === undefined ? missing : `${peer} ${version}`}`);
  return version !== undefined;
}

function peerVersion(name: string): string | undefined {
  try {
    const description = readFileSync(join(INSTALLED, name, 'package.json'), 'utf8');
    return (JSON.parse(description) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** @param name of a package, or of a part of one */
export const importPeer = async <Module>(name: string): Promise<Module> => (await load(name)) as Module;
