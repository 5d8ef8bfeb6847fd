/**
 * A database whose files a disk changed, lost or cut short: it opens with every row as it was, or is refused by name. LevelDB alone
 * serves what was changed, and passes over what it cannot read. The rows that survive are read without it.
 */
import { cp, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { levelStore } from './level.ts';
import { examineDatabase } from './level-damage.ts';
import { databaseFiles } from './level-files/database.ts';
import { survivingRows } from './level-files/surviving-rows.ts';

const SEED = Number(process.env['PROP_SEED'] ?? 1);
const CASES = 20 * Number(process.env['PROP_RUNS'] ?? 1);
const ALL = { gte: '', lt: '\u{10FFFF}' };

type Rows = Map<string, string>;

/** Every row that was ever written. */
const written = new Set<string>();

/** Numbers that a seed decides (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

async function temporary(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'evermesh-damage-'));
}

/** Rows that pack well and rows that do not, written over and deleted, until there are several tables and a log. */
async function fill(directory: string, after: (last: Rows) => Promise<void>): Promise<Rows> {
  const random = seeded(7);
  const rows: Rows = new Map();
  // Small tables.
  const writing = new Level<string, Uint8Array>(directory, {
    valueEncoding: 'view',
    writeBufferSize: 64 * 1024,
  });
  await writing.open();
  for (let batch = 0; batch < 60; batch++) {
    const chained = writing.batch();
    for (let i = 0; i < 20; i++) {
      const key = `f/${random(40)}/r/${random(30)}`;
      if (random(9) === 0) {
        rows.delete(key);
        chained.del(key);
        continue;
      }
      const value = Uint8Array.from({ length: random(400) }, () => (batch % 2 === 0 ? 97 : random(256)));
      note(rows, key, value);
      chained.put(key, value);
    }
    await chained.write({ sync: true });
  }
  await writing.close();
  const store = levelStore(directory);
  await store.open();
  for (let batch = 0; batch < 5; batch++) {
    const before = new Map(rows);
    const value = Uint8Array.from({ length: 20_000 }, () => random(256));
    note(rows, `last/${batch}`, value);
    await store.batch([{ type: 'put', key: `last/${batch}`, value }], { sync: true });
    if (batch === 4) await after(before);
  }
  await store.close();
  return rows;
}

function note(rows: Rows, key: string, value: Uint8Array): void {
  const text = Buffer.from(value).toString('hex');
  rows.set(key, text);
  written.add(`${key} ${text}`);
}

async function readAll(directory: string): Promise<Rows> {
  const store = levelStore(directory);
  try {
    await store.open();
    const rows: Rows = new Map();
    for await (const [key, value] of store.iterator(ALL)) rows.set(key, Buffer.from(value).toString('hex'));
    return rows;
  } finally {
    await store.close().catch(() => undefined);
  }
}

async function surviving(directory: string): Promise<Rows> {
  const rows: Rows = new Map();
  const files = await databaseFiles(directory);
  if (files === undefined) return rows;
  for await (const [key, value] of survivingRows(directory, files))
    rows.set(key, Buffer.from(value).toString('hex'));
  return rows;
}

/** What opening it comes to: its rows, or the code that it is refused with. */
async function outcome(directory: string): Promise<Rows | string> {
  try {
    return await readAll(directory);
  } catch (error) {
    const { code, cause, message } = error as {
      code?: string;
      cause?: { code?: string; message: string };
      message: string;
    };
    const told = cause?.code ?? code ?? '';
    if (!told.startsWith('LEVEL_')) throw error;
    return `${told} ${cause?.message ?? message}`;
  }
}

let closed: string;
let running: string;
let rows: Rows;
let rowsBefore: Rows;

beforeAll(async () => {
  const root = await temporary();
  closed = join(root, 'closed');
  running = join(root, 'running');
  rows = await fill(closed, async (before) => {
    rowsBefore = before;
    await cp(closed, running, { recursive: true });
  });
  return () => rm(root, { recursive: true, force: true });
});

async function copyOf(directory: string): Promise<string> {
  const copy = join(await temporary(), 'store');
  onTestFinished(() => rm(join(copy, '..'), { recursive: true, force: true }));
  await cp(directory, copy, { recursive: true });
  return copy;
}

test('a database that was closed, and one that was killed, open with every row', async () => {
  expect(await surviving(closed)).toEqual(rows);
  expect(await outcome(await copyOf(closed))).toEqual(rows);
  expect(await outcome(await copyOf(running))).toEqual(rows);
  expect((await readdir(closed)).filter((name) => name.endsWith('.ldb')).length).toBeGreaterThan(1);
});

/** What a disk may do to one file. */
const DAMAGES: Readonly<Record<string, (file: string, random: (below: number) => number) => Promise<void>>> =
  {
    'a bit flipped': (file, random) =>
      change(file, (bytes) => void (bytes[random(bytes.length)]! ^= 1 << random(8))),
    'a byte overwritten': (file, random) =>
      change(file, (bytes) => {
        bytes[random(bytes.length)] = random(256);
      }),
    'a sector of zeros': (file, random) =>
      change(file, (bytes) => {
        const at = 512 * random(Math.ceil(bytes.length / 512));
        bytes.fill(0, at, Math.min(at + 512, bytes.length));
      }),
    'a sector of another file': (file, random) =>
      change(file, (bytes) => {
        const at = 512 * random(Math.ceil(bytes.length / 512));
        for (let i = at; i < Math.min(at + 512, bytes.length); i++) bytes[i] = random(256);
      }),
    'cut short': async (file, random) => truncate(file, random((await stat(file)).size)),
    gone: (file) => rm(file),
  };

async function change(file: string, how: (bytes: Uint8Array) => void): Promise<void> {
  const bytes = await readFile(file);
  how(bytes);
  await writeFile(file, bytes);
}

describe.each(Object.keys(DAMAGES))('%s', (what) => {
  test('in any file of a closed database: every row as it was, or a refusal by name; what survives is true', async () => {
    const random = seeded(SEED + what.length);
    const names = (await readdir(closed)).filter((name) => !name.startsWith('LO'));
    let refused = 0;
    for (let index = 0; index < CASES; index++) {
      const copy = await copyOf(closed);
      const name = names[index % names.length]!;
      await DAMAGES[what]!(join(copy, name), random);
      const told = `${name}, case ${index} of seed ${SEED}`;
      // An older row may be all that is left of one, but never what nobody wrote.
      const untrue = [...(await surviving(copy))].filter(([key, value]) => !written.has(`${key} ${value}`));
      expect(untrue, told).toEqual([]);
      const found = await outcome(copy);
      if (typeof found === 'string') {
        refused += 1;
        expect(found, told).toMatch(/^LEVEL_CORRUPTION Corruption|No such file/);
      } else expect(found, told).toEqual(rows);
    }
    expect(refused).toBeGreaterThan(CASES / 4);
  });

  test('in any file of one that was killed: at most the last batch is missed, or a refusal by name', async () => {
    const random = seeded(SEED + 100 + what.length);
    const names = (await readdir(running)).filter((name) => !name.startsWith('LO') && !name.endsWith('.log'));
    for (let index = 0; index < CASES; index++) {
      const copy = await copyOf(running);
      const name = names[index % names.length]!;
      await DAMAGES[what]!(join(copy, name), random);
      const found = await outcome(copy);
      if (typeof found === 'string') expect(found).toMatch(/^LEVEL_CORRUPTION Corruption|No such file/);
      else expect([rows, rowsBefore], `${name}, case ${index} of seed ${SEED}`).toContainEqual(found);
    }
  });
});

test('in the log of one that was killed, damage in front of a whole batch is told from a batch that was torn', async () => {
  const [log] = (await readdir(running)).filter((name) => name.endsWith('.log'));
  const size = (await stat(join(running, log!))).size;
  const found = await Promise.all(
    [size - 10, size - 25_000].map(async (at) => {
      const copy = await copyOf(running);
      await change(join(copy, log!), (bytes) => void (bytes[at]! ^= 1));
      return outcome(copy);
    }),
  );
  expect(found[0]).toEqual(rowsBefore);
  expect(found[1]).toMatch(/LEVEL_CORRUPTION.*\.log cannot be read from byte \d+ on/);
});

test('a log that an opening began when it came no further does not make damage of a batch that was torn before it', async () => {
  const copy = await copyOf(running);
  const [log] = (await readdir(copy)).filter((name) => name.endsWith('.log'));
  const torn = (await stat(join(copy, log!))).size - 10;
  await truncate(join(copy, log!), torn);
  await writeFile(join(copy, `${String(Number.parseInt(log!) + 1).padStart(6, '0')}.log`), '');
  expect(await outcome(copy)).toEqual(rowsBefore);
});

test('a database that another process has is locked, whatever its files look like in that moment', async () => {
  const copy = await copyOf(running);
  const store = levelStore(copy);
  await store.open();
  onTestFinished(() => store.close());
  const [table] = (await readdir(copy)).filter((name) => name.endsWith('.ldb'));
  await change(join(copy, table!), (bytes) => void (bytes[10]! ^= 1));
  expect(await outcome(copy)).toContain('LEVEL_LOCKED');
});

test('rows survive that lie in a log which has its second name only', async () => {
  const copy = await copyOf(closed);
  const [log] = (await readdir(copy)).filter((name) => name.endsWith('.log'));
  await rename(join(copy, log!), join(copy, `${log!}.kept`));
  const examined = await examineDatabase(copy);
  expect(examined?.damage).toEqual([expect.objectContaining({ file: log, what: 'is gone' })]);
  const found: Rows = new Map();
  for await (const [key, value] of examined!.rows()) found.set(key, Buffer.from(value).toString('hex'));
  expect(found).toEqual(rows);
});
