/**
 * A store under which single system calls fail: nothing is acknowledged that is not kept, what fails says so with a code that does
 * not send anybody to throw data away, and when the cause is gone the store opens with all that it acknowledged and goes on.
 */
import { cp, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { bundleProgram } from '../support/bundle-command.ts';
import { type Broken, type StoreReport, StoreProcess, whyNoStrace } from './store-process.ts';

const PROGRAM = fileURLToPath(new URL('store-program.ts', import.meta.url));

const missing = await whyNoStrace();
// Reporters do not show why something was skipped.
if (missing !== undefined) process.stderr.write(`Broken system calls are not tried: ${missing}.\n`);

test.skipIf(missing !== undefined && process.env['CI'] !== 'true')('system calls can be broken', () => {
  expect(missing).toBeUndefined();
});

async function temporary(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'evermesh-broken-')));
}

/** Every name that LevelDB gives its first files. */
function namesIn(directory: string): string[] {
  const numbers = Array.from({ length: 15 }, (_, number) => String(number + 1).padStart(6, '0'));
  const files = numbers.flatMap((number) => [
    `${number}.log`,
    `${number}.ldb`,
    `${number}.dbtmp`,
    `MANIFEST-${number}`,
  ]);
  return [
    directory,
    ...[...files, 'CURRENT', 'LOCK', 'LOG', 'LOG.old', 'reserve'].map((name) => join(directory, name)),
  ];
}

describe.skipIf(missing !== undefined)('a store under which system calls fail', () => {
  let program = '';

  beforeAll(async () => {
    const root = await temporary();
    program = await bundleProgram(PROGRAM, join(root, 'bundle'));
    return () => rm(root, { recursive: true, force: true });
  });

  /** A store with rows in its log, and some in a table if it was opened twice. */
  async function store(opened: 0 | 1 | 2): Promise<Tried> {
    const root = await temporary();
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const tried = new Tried(program, join(root, 'store'));
    for (let times = 0; times < opened; times++) await tried.run(['write', '20']);
    return tried;
  }

  /** A store, and what it has to have. */
  class Tried extends StoreProcess {
    readonly path: string;
    readonly kept: string[] = [];

    constructor(bundled: string, path: string) {
      super(bundled, path);
      this.path = path;
    }

    override async run(work: readonly string[], runner?: readonly string[]): Promise<StoreReport> {
      const report = await super.run(work, runner);
      this.kept.push(...report.kept);
      return report;
    }

    /** Without anything broken: all is there, and more is kept. */
    async expectWell(): Promise<void> {
      const before = [...this.kept];
      const written = await this.run(['write', '5']);
      expect(written).toMatchObject({ failed: [], ended: true });
      expect(written.kept).toHaveLength(5);
      const { there, failed } = await this.run(['read']);
      expect(failed).toEqual([]);
      // More may be there: what was never acknowledged, but written.
      expect(there).toEqual(expect.arrayContaining([...before, ...written.kept]));
    }

    async logs(): Promise<string[]> {
      return (await readdir(this.path))
        .filter((name) => name.endsWith('.log'))
        .map((name) => join(this.path, name));
    }

    async tables(): Promise<string[]> {
      return (await readdir(this.path))
        .filter((name) => name.endsWith('.ldb'))
        .map((name) => join(this.path, name));
    }
  }

  function expectFailed({ failed, keptBehind }: StoreReport, codes = /^STORE_FAILED /): void {
    expect(failed.length).toBeGreaterThan(0);
    for (const each of failed) expect(each).toMatch(codes);
    expect(keptBehind).toEqual([]);
  }

  test.each<Pick<Broken, 'calls' | 'error'>>([
    { calls: 'read,pread64', error: 'EIO' },
    { calls: 'openat', error: 'EMFILE' },
    { calls: 'openat', error: 'EIO' },
  ])('a log of which $calls fails with $error is not taken for empty, and stays', async (how) => {
    const tried = await store(1);
    const report = await tried.broken(['write', '5'], {
      ...how,
      when: 1,
      forEver: true,
      paths: await tried.logs(),
    });
    expect(report.broken).toBeGreaterThan(0);
    expectFailed(report);
    expect(report.kept).toEqual([]);
    await tried.expectWell();
  });

  test.each(['fdatasync', 'write'])('behind a %s that failed nothing is acknowledged', async (calls) => {
    for (const when of [1, 2, 7]) {
      const tried = await store(1);
      const report = await tried.broken(['write', '20'], {
        calls,
        error: 'EIO',
        when,
        paths: namesIn(tried.path).filter((name) => name.endsWith('.log')),
      });
      expect(report.broken).toBe(1);
      expectFailed(report);
      expect(report.kept).toHaveLength(when - 1);
      expect(report.failed).toHaveLength(20 - report.kept.length);
      await tried.expectWell();
    }
  });

  test('a table that cannot be opened is no table without the row', async () => {
    const tried = await store(2);
    const tables = await tried.tables();
    expect(tables).not.toEqual([]);
    const report = await tried.broken(['read'], {
      calls: 'openat',
      error: 'EMFILE',
      when: 1,
      forEver: true,
      paths: tables,
    });
    expect(report.broken).toBeGreaterThan(0);
    expectFailed(report);
    await tried.expectWell();
  });

  test.each<Pick<Broken, 'calls' | 'error'> & { codes?: RegExp }>([
    { calls: 'openat', error: 'EMFILE' },
    { calls: 'read,pread64', error: 'EIO' },
    { calls: 'write,pwrite64', error: 'ENOSPC' },
    { calls: 'fdatasync,fsync', error: 'EIO' },
    { calls: 'access,stat,newfstatat,statx', error: 'EIO' },
    // LevelDB takes the end of a list that broke off for the list's end, and misses its tables.
    { calls: 'getdents64', error: 'EIO', codes: /^STORE_(FAILED|CORRUPT) / },
    { calls: 'rename,unlink,link,mmap', error: 'EIO' },
  ])(
    'whichever of its $calls fails with $error, what it acknowledges is there',
    async ({ codes, ...how }) => {
      const model = await store(2);
      let failing = 0;
      for (let when = 1; ; when++) {
        const tried = await store(0);
        await cp(model.path, tried.path, { recursive: true });
        tried.kept.push(...model.kept);
        const report = await tried.broken(['write', '10'], { ...how, when, paths: namesIn(tried.path) });
        if (report.broken === 0) break;
        if (report.failed.length > 0) {
          expectFailed(report, codes);
          failing += 1;
        }
        await tried.expectWell();
      }
      expect(failing).toBeGreaterThan(0);
    },
  );

  test('no batch is acknowledged before the name of the log that it is in is synced', async () => {
    const tried = await store(0);
    // LevelDB begins a new log behind 16 MiB.
    const { calls, kept } = await tried.traced(['write', '40', '50000'], 'openat,fsync,fdatasync,write');
    expect(kept).toHaveLength(40);
    const unsynced = new Set<string>();
    const early: string[] = [];
    let logs = 0;
    for (const call of calls) {
      const made = /openat\(.*"([^"]+\.log)", O_WRONLY\|O_CREAT/.exec(call)?.[1];
      if (made !== undefined) {
        unsynced.add(made);
        logs += 1;
      }
      // A call that another thread's interrupts is told in two parts; it has been done at the second.
      if (/fsync(\(\d+<[^>]+\/store>\) | resumed>\)).*= 0$/.test(call) && !/fdatasync/.test(call))
        unsynced.clear();
      if (/write\(1<.*"kept /.test(call)) early.push(...unsynced);
    }
    expect(logs).toBeGreaterThan(2);
    expect(early).toEqual([]);
  });

  test('with too few open files it opens with all that it has, or says so and keeps it', async () => {
    const tried = await store(2);
    const outcomes = { failed: 0, opened: 0 };
    for (let files = 14; outcomes.opened < 3; files++) {
      const report = await tried.run(['write', '3'], ['prlimit', `--nofile=${files}:${files}`]);
      // Node needs some for itself.
      if (!report.ended) continue;
      if (report.failed.length > 0) {
        expectFailed(report);
        expect(report.failed[0]).toMatch(/too many open files/i);
        outcomes.failed += 1;
      } else {
        expect(report.kept).toHaveLength(3);
        outcomes.opened += 1;
      }
      const { there } = await tried.run(['read']);
      expect(there).toEqual(expect.arrayContaining(tried.kept));
    }
    expect(outcomes.failed).toBeGreaterThan(0);
  });
});
