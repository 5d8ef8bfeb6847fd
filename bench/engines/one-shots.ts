/** Commands that are run when somebody wants the directories compared: they notice nothing by themselves. */
import { mkdir } from 'node:fs/promises';
import { run } from '../processes.ts';
import type { Availability, OneShot } from './pair.ts';

interface Sides {
  readonly home: string;
  readonly left: string;
  readonly right: string;
}

/** The least that can be done: no comparison, no second direction, nothing synced to the disk. */
export function copying({ left, right }: Sides): OneShot {
  return {
    engine: 'cp -a',
    left,
    right,
    ownNames: [],
    run: async () => void (await run('cp', ['-a', `${left}/.`, right])),
  };
}

export function unison({ home, left, right }: Sides): OneShot {
  const env = { ...process.env, UNISON: home };
  const args = ['-batch', '-silent', '-ui', 'text', '-confirmbigdel=false'];
  return {
    engine: 'unison',
    left,
    right,
    ownNames: [],
    run: async () => {
      await mkdir(right, { recursive: true });
      await run('unison', [left, right, ...args], { env });
    },
  };
}

export async function findUnison(): Promise<Availability> {
  try {
    return { version: (await run('unison', ['-version'])).replace(/^unison version /, '') };
  } catch {
    return { missing: 'not installed (apt package: unison)' };
  }
}
