import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FolderId } from '@evermesh/core/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Config, readConfig } from './config.ts';
import { Directories, type DirectoryEntry } from './directories.ts';
import { type DirectoryFlags, recall, settingsFor, type Settings } from './settings.ts';

const FOLDER = '0123456789abcdef0123456789abcdef' as FolderId;
const OTHER = 'fedcba9876543210fedcba9876543210' as FolderId;
const RELAY = 'ws://127.0.0.1:8787';

let home: string;
let config: Config;
let directories: Directories;
let notes: string;

const settled = (flags: DirectoryFlags, path = notes): Promise<Settings> =>
  settingsFor(path, flags, { config, directories });
const entry = (): DirectoryEntry => ({
  directory: notes,
  folder: FOLDER,
  relay: RELAY,
  data: join(home, 'data'),
});

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-settings-')));
  config = readConfig({ variables: {}, home, hostName: 'laptop.example', temporary: '/tmp', userId: 1000 });
  directories = new Directories(config.state);
  notes = join(home, 'notes');
  await mkdir(notes);
});
afterEach(() => rm(home, { recursive: true }));

describe('configuration', () => {
  test('follows the XDG directories', () => {
    const variables = { XDG_STATE_HOME: '/s', XDG_DATA_HOME: '/d', XDG_RUNTIME_DIR: '/r', NO_COLOR: '1' };
    expect(readConfig({ variables, home, hostName: 'h', temporary: '/tmp', userId: 7 })).toEqual({
      state: '/s/evermesh',
      data: '/d/evermesh',
      runtime: ['/r/evermesh', '/tmp/evermesh-7'],
      hostName: 'h',
      home,
      noColor: true,
    });
  });

  test('ignores relative paths in them, as their specification says', () => {
    const variables = { XDG_STATE_HOME: 's', XDG_DATA_HOME: '', NO_COLOR: '' };
    const { state, data, noColor } = readConfig({
      variables,
      home: '/h',
      hostName: '',
      temporary: '/t',
      userId: 7,
    });
    expect([state, data, noColor]).toEqual(['/h/.local/state/evermesh', '/h/.local/share/evermesh', false]);
  });
});

describe('a directory seen for the first time', () => {
  test('gets a data directory of its own and the name of the host', async () => {
    const settings = await settled({ relay: RELAY });
    expect(settings).toMatchObject({
      directory: notes,
      relay: RELAY,
      folder: undefined,
      deviceName: 'laptop',
      known: false,
    });
    expect(settings.data).toMatch(new RegExp(`^${config.data}/notes-[0-9a-f]{8}$`));
  });

  test('needs a relay', async () => {
    await expect(settled({})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { next: expect.stringContaining('--relay') as string },
    });
  });

  test('may not exist yet, but may not be a file', async () => {
    await expect(settled({ relay: RELAY }, join(home, 'new'))).resolves.toMatchObject({
      directory: join(home, 'new'),
    });
    await writeFile(join(home, 'file'), '');
    await expect(settled({ relay: RELAY }, join(home, 'file'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(settled({ relay: RELAY }, join(home, 'file', 'in'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test.each(['data', '.'])('cannot hold its own data (%s)', async (data) => {
    await expect(settled({ relay: RELAY, data: join(notes, data) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('cannot lie in its own data', async () => {
    await expect(settled({ relay: RELAY, data: home })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(settled({ relay: RELAY }, home)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test.each(['xyz', FOLDER.slice(1), `${FOLDER}0`])('refuses %s as a folder id', async (folder) => {
    await expect(settled({ relay: RELAY, folder })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a directory that is remembered', () => {
  beforeEach(() => directories.put(entry()));

  test('needs no flag, whatever path leads to it', async () => {
    await symlink(notes, join(home, 'link'));
    const expected = { ...entry(), known: true, deviceName: 'laptop' };
    expect(await settled({})).toMatchObject(expected);
    expect(await settled({}, join(home, 'link'))).toMatchObject(expected);
  });

  test('is found from inside it', async () => {
    await mkdir(join(notes, 'a', 'b'), { recursive: true });
    expect(await recall(join(notes, 'a', 'b'), { config, directories })).toMatchObject({
      directory: notes,
      folder: FOLDER,
    });
    await expect(recall(home, { config, directories })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('takes a token file that is a link for what it is: it may lead elsewhere tomorrow', async () => {
    await writeFile(join(home, 'token-1'), 'secret');
    await symlink('token-1', join(home, 'token'));
    expect(await settled({ tokenFile: join(home, 'token') })).toMatchObject({
      tokenFile: join(home, 'token'),
    });
  });

  test('takes a new relay, token file and name', async () => {
    const flags = { relay: 'wss://other.example', tokenFile: join(home, 'token'), deviceName: 'desk' };
    expect(await settled(flags)).toMatchObject({ ...flags, folder: FOLDER });
  });

  test('stays with its folder and data', async () => {
    await expect(settled({ folder: OTHER })).rejects.toMatchObject({
      message: expect.stringContaining(FOLDER) as string,
    });
    await expect(settled({ data: join(home, 'else') })).rejects.toMatchObject({
      message: expect.stringContaining(entry().data) as string,
    });
    expect(await settled({ folder: FOLDER.toUpperCase(), data: entry().data })).toMatchObject({
      folder: FOLDER,
    });
  });

  test.each([
    ['no JSON', '{'],
    ['another shape', '[]'],
    ['null', 'null'],
    [
      'a folder that is none',
      JSON.stringify({ version: 1, directory: '?', folder: 'x', relay: RELAY, data: '/d' }),
    ],
  ])('by a file with %s is an error that names the file', async (_what, text) => {
    await writeFile(directories.fileOf(notes), text);
    await expect(settled({})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(directories.fileOf(notes)) as string,
    });
  });

  test('says which versions are kept once somebody said so, and then to nobody who would not understand it', async () => {
    const version = async (): Promise<unknown> =>
      (JSON.parse(await readFile(directories.fileOf(notes), 'utf8')) as { version: unknown }).version;
    expect([await version(), (await settled({})).keepVersions]).toEqual([1, undefined]);
    await directories.put({ ...entry(), keepVersions: '7d/90d' });
    expect(await version()).toBe(2);
    expect((await settled({})).keepVersions).toBe('7d/90d');
    expect((await settled({ deviceName: 'desk' })).keepVersions).toBe('7d/90d');
    expect((await settled({ keepVersions: 'all' })).keepVersions).toBe('all');
    expect((await recall(notes, { config, directories })).keepVersions).toBe('7d/90d');
    await expect(settled({ keepVersions: '7' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test.each([7, 'ever', ''])(
    'with versions that cannot be kept (%s) is an error: nothing is let go by a guess',
    async (keepVersions) => {
      await writeFile(directories.fileOf(notes), JSON.stringify({ version: 2, ...entry(), keepVersions }));
      const ask = [settled({}), settled({ keepVersions: 'all' }), recall(notes, { config, directories })];
      for (const asked of await Promise.allSettled(ask))
        expect(asked).toMatchObject({ status: 'rejected', reason: { code: 'CONFIG_INVALID' } });
    },
  );

  test('by a newer version is refused by name', async () => {
    await writeFile(directories.fileOf(notes), JSON.stringify({ version: 3 }));
    await expect(settled({})).rejects.toMatchObject({ code: 'FORMAT_TOO_NEW' });
  });
});

describe('beside a directory that is remembered', () => {
  beforeEach(() => directories.put(entry()));

  test.each(['notes/inside', '.'])(
    'another one that holds it or lies in it is refused (%s)',
    async (path) => {
      const data = join('/nowhere', 'data');
      await expect(settled({ relay: RELAY, data }, join(home, path))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(notes) as string,
      });
    },
  );

  test('another one lies neither in its data, nor does its data lie here, nor the data of the other one in it', async () => {
    const other = join(home, 'other');
    const wrong: [DirectoryFlags, string][] = [
      [{ relay: RELAY, data: join('/nowhere', 'data') }, join(entry().data, 'photos')],
      [{ relay: RELAY, data: join(notes, '.photos') }, other],
    ];
    for (const [flags, path] of wrong)
      await expect(settled(flags, path)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(notes) as string,
      });
  });

  test('another one cannot have its data', async () => {
    for (const data of [entry().data, join(entry().data, 'store')]) {
      await expect(settled({ relay: RELAY, data }, join(home, 'other'))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(notes) as string,
      });
    }
    await expect(settled({ relay: RELAY }, join(home, 'other'))).resolves.toMatchObject({ known: false });
  });

  test('is free again once it is forgotten', async () => {
    await directories.forget(notes);
    await expect(settled({ relay: RELAY, data: entry().data }, join(home, 'other'))).resolves.toBeDefined();
  });

  test("a file that cannot be understood is in nobody else's way", async () => {
    await writeFile(directories.fileOf(notes), '{');
    expect(await directories.all()).toEqual([]);
  });
});
