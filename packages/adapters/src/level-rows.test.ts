import { describe, expect, test } from 'vitest';
import { LevelRows } from './level-rows.ts';

const row = (key: string): [string, Uint8Array] => [key, new TextEncoder().encode(key)];

/** What a database answers, one after the other, and then nothing; `fails`: the last answer is an error. */
function source(answers: readonly (readonly string[])[], fails = false) {
  let [asked, closed] = [0, 0];
  return {
    nextv: (): Promise<[string, Uint8Array][]> => {
      const answer = answers[asked++];
      if (answer === undefined && fails) return Promise.reject(new Error('checksum mismatch'));
      return Promise.resolve((answer ?? []).map(row));
    },
    close: () => {
      closed += 1;
      return Promise.resolve();
    },
    seen: () => ({ asked, closed }),
  };
}

async function keysOf(rows: LevelRows, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of rows) {
    keys.push(key);
    if (keys.length >= most) break;
  }
  return keys;
}

describe('rows that are fetched many at a time', () => {
  test('come one by one in their order, and the database is let go at the end', async () => {
    const database = source([['a', 'b', 'c'], ['d'], ['e', 'f']]);
    expect(await keysOf(new LevelRows(database))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(database.seen()).toEqual({ asked: 4, closed: 1 });
  });

  test('are not asked for before they are needed, and the database is let go when no more are', async () => {
    const database = source([['a', 'b', 'c'], ['d']]);
    const rows = new LevelRows(database);
    expect(await keysOf(rows, 3)).toEqual(['a', 'b', 'c']);
    expect(database.seen()).toEqual({ asked: 1, closed: 1 });
    expect(await rows.next()).toEqual({ done: true, value: undefined });
    expect(database.seen().asked).toBe(1);
  });

  test('that cannot be read are an error behind those that could, and the database is let go', async () => {
    const database = source([['a', 'b']], true);
    const rows = new LevelRows(database);
    expect(await rows.next()).toMatchObject({ value: row('a') });
    expect(await rows.next()).toMatchObject({ value: row('b') });
    await expect(rows.next()).rejects.toThrow('checksum mismatch');
    expect(database.seen().closed).toBe(1);
  });
});
