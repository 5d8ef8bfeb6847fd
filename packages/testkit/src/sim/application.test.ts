/** An application of somebody else's in a simulated world: it runs where programs run, and what it promises is asked at rest. */
import type { Folder } from '@evermesh/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Application } from './application.ts';
import type { Profile } from './profile.ts';
import { PROFILES } from './profiles.ts';
import { run, type RunOptions } from './run.ts';
import { shrink } from './shrink.ts';

/** Notes that nobody takes away. Whoever was told that his is kept finds it everywhere. */
function notes(): Application<Folder> {
  const kept: string[] = [];
  let written = 0;
  return {
    start: ({ folder }) => folder,
    async act(folder, { random, say }) {
      const note = `${random.below(3)}/${(written += 1)}`;
      say(`writes ${note}`);
      await folder.writeFile(note, note);
      await folder.flush();
      kept.push(note);
    },
    async check(folders) {
      for (const folder of folders)
        for (const note of kept) expect(await folder.readFile(note, 'utf8')).toBe(note);
    },
  };
}

/** One line that everybody writes over. */
const line = (): Application<Folder> => ({
  ...notes(),
  async act(folder, { random }) {
    await folder.writeFile('line', `${random.below(1000)}`);
  },
  async check([folder]) {
    if (/^\d{4}/.test(await (folder as Folder).readFile('line', 'utf8'))) throw new Error('It is too long.');
  },
});

const options = (seed: number, profile: string, app: () => Application<unknown>): RunOptions => ({
  seed: `${seed}`,
  devices: 3,
  profile: PROFILES[profile] as Profile,
  app,
});

describe('an application', () => {
  test.each(['network', 'kills', 'backups', 'relays'])(
    'keeps what it flushed in %s worlds',
    async (profile) => {
      for (let seed = 1; seed <= 3; seed++) {
        const { violations, operations } = await run(options(seed, profile, notes));
        expect(violations, `seed ${seed}`).toEqual([]);
        expect(operations).toBeGreaterThanOrEqual(100);
      }
    },
  );

  test('does the same again with the same seed', async () => {
    const traceOf = async (seed: number): Promise<string> =>
      (await run({ ...options(seed, 'kills', notes), trace: true })).trace.text();
    const first = await traceOf(1);
    expect(first).toMatch(/person writes \d\/1\n/);
    expect(await traceOf(1)).toBe(first);
    expect(await traceOf(2)).not.toBe(first);
  });

  test('that breaks its own law is found, and the script made small', async () => {
    const found = options(1, 'network', line);
    const { violations, script } = await run(found);
    expect(violations[0]).toEqual({ law: 'app', what: 'It is too long.' });
    expect((await shrink(found)).length).toBeLessThan(script.length / 4);
  });

  test('that throws while somebody uses it breaks its law', async () => {
    const act = (): never => {
      throw new Error('It is broken.');
    };
    const { violations } = await run(options(1, 'network', () => ({ ...notes(), act })));
    expect(violations[0]).toMatchObject({
      law: 'app',
      what: expect.stringMatching(/It is broken/) as string,
    });
  });

  const crashes: Record<string, () => void> = {
    throws: () => queueMicrotask(() => JSON.parse('It is broken.')),
    rejects: () => void Promise.reject(new Error('It is broken.')),
  };

  test.each(Object.entries(crashes))('that %s where nobody waits has crashed (L12)', async (_how, act) => {
    // The test runner takes what nobody waits for as a failure of its own.
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    onTestFinished(() => others.forEach((listener) => process.on('unhandledRejection', listener)));
    const { violations } = await run(options(1, 'network', () => ({ ...notes(), act })));
    expect(violations).toEqual([{ law: 'L12', what: expect.stringMatching(/It is broken/) as string }]);
  });

  test('begins again with each program, with time and chance from the world', async () => {
    const begun: { readonly name: string; readonly at: number; readonly drawn: number }[] = [];
    const app = (): Application<unknown> => ({
      start: ({ name, clock, random }) => begun.push({ name, at: clock.now(), drawn: random.uint32() }),
      act: () => undefined,
      check: (all) => expect(all).toHaveLength(3),
    });
    const { violations, trace } = await run(options(1, 'kills', app));
    expect(violations).toEqual([]);
    const ends =
      (trace.counts.fault.get('kill') ?? 0) + (trace.counts.fault.get('killed in the middle') ?? 0);
    expect(ends).toBeGreaterThan(0);
    expect(begun.length).toBeGreaterThan(3);
    const [first, again] = begun.filter(({ name }) => name === 'anna');
    expect(again!.at).toBeGreaterThan(first!.at);
    expect(again!.drawn).not.toBe(first!.drawn);
  });
});
