import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readToken } from './token-file.ts';

describe('a token file', () => {
  let directory: string;
  const file = async (content: string, mode = 0o600): Promise<string> => {
    const path = join(directory, 'token');
    await writeFile(path, content, { mode });
    return path;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evermesh-token-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test.each(['secret', 'secret\n', 'secret\r\n'])('holds one line: %j', async (content) => {
    expect(await readToken(await file(content))).toEqual({ token: 'secret', exposed: false });
  });

  test('that others can read is told', async () => {
    expect(await readToken(await file('secret', 0o644))).toEqual({ token: 'secret', exposed: true });
  });

  test.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['two lines', 'hunter2\nhunter3\n'],
    ['spaces', 'hunter2 hunter3'],
    ['binary', 'hunter2\u0000'],
    ['too much', 'hunter2'.repeat(2000)],
  ])('with %s is refused without showing what it holds', async (_what, content) => {
    const failure = await readToken(await file(content)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(failure)).not.toContain('hunter');
  });

  test('that is missing is named', async () => {
    await expect(readToken(join(directory, 'none'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(join(directory, 'none')) as string,
    });
  });
});
