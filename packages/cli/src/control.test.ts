import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EvermeshError } from '@evermesh/core/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askRunning } from './control-client.ts';
import { CONTROL_FILE, type ControlPlace } from './control-protocol.ts';
import { ControlServer } from './control-server.ts';
import { placeSocket } from './control-socket.ts';
import type { CliEvent } from './events.ts';
import type { DeviceOperations, OperationOptions } from './device-operations.ts';
import type { StatusReport, SyncReport, VerifyReport } from './reports.ts';

const STATUS = { directory: '/d\u001b', running: true } as StatusReport;

/** A device that answers what a test tells it to. */
const device = (given: Partial<DeviceOperations> = {}): DeviceOperations => ({
  status: () => Promise.resolve(STATUS),
  sync: () => Promise.resolve({} as SyncReport),
  verify: () => Promise.resolve({} as VerifyReport),
  ask: () => Promise.reject(new Error('Nothing was to be asked.')),
  close: () => Promise.resolve(),
  ...given,
});

let directory: string;
let data: string;
let runtime: string[];
let server: ControlServer | undefined;

const serve = async (served: DeviceOperations): Promise<ControlServer> => {
  server = await ControlServer.open({ device: served, data, runtime });
  return server;
};
const place = async (): Promise<ControlPlace> =>
  JSON.parse(await readFile(join(data, CONTROL_FILE), 'utf8')) as ControlPlace;

/** Everything the server says to these bytes. */
const say = async (text: string): Promise<string> => {
  const socket = connect((await place()).socket);
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evermesh-control-'));
  data = join(directory, 'data');
  runtime = [join(directory, 'run')];
  await mkdir(data);
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

describe('a running device', () => {
  test('answers another process', async () => {
    await serve(device());
    const running = await askRunning({ data });
    expect(await running?.status()).toEqual(STATUS);
  });

  test('is told for how long to wait for the relay', async () => {
    const asked: (number | undefined)[] = [];
    await serve(
      device({
        sync: ({ wait }: OperationOptions = {}) => {
          asked.push(wait);
          return Promise.resolve({} as SyncReport);
        },
      }),
    );
    const running = await askRunning({ data });
    await running?.sync({ wait: 1500 });
    await running?.sync();
    expect(asked).toEqual([1500, undefined]);
  });

  test('is asked about the folder, and answers what was asked', async () => {
    const asked: unknown[] = [];
    const ask = (question: unknown): Promise<never> => {
      asked.push(question);
      return Promise.resolve({ path: 'a', versions: [] } as never);
    };
    await serve(device({ ask }));
    const running = await askRunning({ data });
    const question = { type: 'versions', path: 'a', all: false } as const;
    expect(await running?.ask(question)).toEqual({ path: 'a', versions: [] });
    expect(asked).toEqual([question]);
    expect(await say('{"version":1,"command":"ask","question":{"type":"none"}}\n')).toContain(
      'CONFIG_INVALID',
    );
  });

  test('passes on its errors with their next step', async () => {
    const error = new EvermeshError('STORE_FAILED', 'The disk is full.', { details: { next: 'Make room.' } });
    await serve(device({ sync: () => Promise.reject(error) }));
    const running = await askRunning({ data });
    await expect(running?.sync()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: 'The disk is full.',
      details: { next: 'Make room.' },
    });
  });

  test('tells what happens while it works on an answer, and to nobody else', async () => {
    const events: CliEvent[] = [];
    const event: CliEvent = { event: 'progress', phase: 'scan', done: 1, total: 2 };
    const opened = await serve(
      device({
        verify: () => {
          opened.tell(event);
          return Promise.resolve({} as VerifyReport);
        },
      }),
    );
    const running = await askRunning({ data, onEvent: (told) => events.push(told) });
    opened.tell(event);
    await running?.verify();
    expect(events).toEqual([event]);
  });

  test('gives up when whoever asked is gone', async () => {
    const given = deferred<AbortSignal>();
    await serve(
      device({
        sync: ({ signal }: OperationOptions = {}) =>
          new Promise((_resolve, reject) => {
            given.resolve(signal!);
            signal!.addEventListener('abort', () => reject(signal!.reason as Error));
          }),
      }),
    );
    const controller = new AbortController();
    const running = await askRunning({ data });
    const asked = running!.sync({ signal: controller.signal });
    const signal = await given.promise;
    controller.abort(new Error('Enough.'));
    await expect(asked).rejects.toThrow('Enough.');
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });

  test('that ends before it answers is an error with a next step', async () => {
    const opened = await serve(device({ status: () => opened.close().then(() => STATUS) }));
    const running = await askRunning({ data });
    await expect(running?.status()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });

  test.each([
    ['another version', `${JSON.stringify({ version: 99, command: 'status' })}\n`, 'CONFIG_INVALID'],
    ['an unknown command', `${JSON.stringify({ version: 1, command: 'constructor' })}\n`, 'CONFIG_INVALID'],
    ['no JSON', 'hello\n', 'INTERNAL'],
    ['null', 'null\n', 'CONFIG_INVALID'],
    ['an endless line', 'x'.repeat(100_000), 'INTERNAL'],
  ])('survives %s', async (_what, text, code) => {
    await serve(device());
    expect(JSON.parse(await say(text))).toMatchObject({ failed: { code } });
    expect(await (await askRunning({ data }))?.status()).toEqual(STATUS);
  });
});

describe('no running device', () => {
  test('is known when nothing was left behind', async () => {
    expect(await askRunning({ data })).toBeUndefined();
  });

  test('is known after a crash left its socket behind, and the next one takes its place', async () => {
    await mkdir(runtime[0]!);
    const socket = await placeSocket(runtime, data);
    await writeFile(socket, '');
    await writeFile(join(data, CONTROL_FILE), JSON.stringify({ version: 1, socket, pid: 1 }));
    expect(await askRunning({ data })).toBeUndefined();
    await serve(device());
    expect(await askRunning({ data })).toBeDefined();
  });

  test('is known after a clean end', async () => {
    const opened = await serve(device());
    const { socket } = await place();
    await opened.close();
    expect(await askRunning({ data })).toBeUndefined();
    await expect(stat(socket)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('the control socket', () => {
  test('can be used by its user only', async () => {
    await serve(device());
    const { socket } = await place();
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(socket))).mode & 0o777).toBe(0o700);
    expect((await stat(join(data, CONTROL_FILE))).mode & 0o777).toBe(0o600);
  });

  test('closes a directory of its user that was open to others', async () => {
    await mkdir(runtime[0]!);
    await chmod(runtime[0]!, 0o777);
    await serve(device());
    expect((await stat(runtime[0]!)).mode & 0o777).toBe(0o700);
  });

  test('is not put where somebody laid a link', async () => {
    await symlink(directory, runtime[0]!);
    await expect(serve(device())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('goes elsewhere when a path is too long for the system', async () => {
    const long = join(directory, 'x'.repeat(100));
    expect(dirname(await placeSocket([long, ...runtime], data))).toBe(runtime[0]);
    await expect(placeSocket([long], data)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
