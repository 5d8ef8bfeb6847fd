/**
 * A small world of a test: a temporary directory with the devices' homes in it, relays, and every process that was
 * started. At the end of the test all of them end and everything is removed.
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { homeOf } from './home.ts';
import { type Ended, EvermeshProcess, type Told } from './process.ts';

export class World {
  readonly root: string;
  /** What runs each command that is started from now on. */
  runner: readonly string[] = [process.execPath];
  readonly #processes: EvermeshProcess[] = [];

  static async open(): Promise<World> {
    const world = new World(await realpath(await mkdtemp(join(tmpdir(), 'evermesh-'))));
    // Called even when the test waits in vain for something and runs out of time.
    onTestFinished(() => world.#close());
    return world;
  }

  private constructor(root: string) {
    this.root = root;
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** Starts a command of one device (or of a relay); each has a home of its own. */
  start(home: string, args: readonly string[]): EvermeshProcess {
    const started = new EvermeshProcess(args, {
      command: inject('command'),
      env: homeOf(this.path(home)),
      cwd: this.root,
      runner: this.runner,
    });
    this.#processes.push(started);
    return started;
  }

  /** Runs a command to its end. */
  run(home: string, args: readonly string[]): Promise<Ended> {
    return this.start(home, args).ended;
  }

  device(name: string, directory: string = this.path(name, 'files')): TestDevice {
    return new TestDevice(this, name, directory);
  }

  async relay(name = 'relay', access: readonly string[] = ['--allow-everyone']): Promise<TestRelay> {
    const relay = new TestRelay(this, name, access);
    await relay.start();
    return relay;
  }

  async #close(): Promise<void> {
    for (const started of this.#processes) started.kill('SIGKILL');
    await Promise.all(this.#processes.map(({ ended }) => ended));
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A relay that can be taken away and comes back at the same address with the same data. */
export class TestRelay {
  readonly #world: World;
  readonly #name: string;
  readonly #access: readonly string[];
  #process: EvermeshProcess | undefined;
  url = '';

  constructor(world: World, name: string, access: readonly string[]) {
    this.#world = world;
    this.#name = name;
    this.#access = access;
  }

  async start(): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port;
    const args = ['relay', '--json', '--listen', `127.0.0.1:${port}`, ...this.#access];
    this.#process = this.#world.start(this.#name, args);
    this.url = (await this.#process.next('listening'))['url'] as string;
  }

  get running(): EvermeshProcess {
    if (this.#process === undefined) throw new Error('The relay does not run.');
    return this.#process;
  }

  async stop(): Promise<Ended | undefined> {
    const ended = await this.#process?.stop();
    this.#process = undefined;
    return ended;
  }

  /** As if the power failed. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process?.ended;
    this.#process = undefined;
  }
}

/** A command that ended with what it was asked for. */
export interface Answer extends Ended {
  readonly report: Told;
}

/** One device with one directory. */
export class TestDevice {
  readonly name: string;
  readonly directory: string;
  readonly #world: World;
  #up: EvermeshProcess | undefined;

  constructor(world: World, name: string, directory: string) {
    this.#world = world;
    this.name = name;
    this.directory = directory;
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), content);
  }

  /** The running `up`. */
  get running(): EvermeshProcess {
    if (this.#up === undefined) throw new Error(`No 'evermesh up' runs on ${this.name}.`);
    return this.#up;
  }

  /** Starts `up` without waiting for anything. */
  start(args: readonly string[] = []): EvermeshProcess {
    this.#up = this.#world.start(this.name, [
      'up',
      this.directory,
      '--json',
      '--device-name',
      this.name,
      ...args,
    ]);
    return this.#up;
  }

  /** Starts `up` and waits until disk, store and relay hold the same. Returns the folder's id. */
  async up(args: readonly string[] = []): Promise<string> {
    const up = this.start(args);
    const { id } = await up.next('folder');
    await up.next('synced');
    return id as string;
  }

  async stop(): Promise<Ended> {
    const ended = await this.running.stop();
    this.#up = undefined;
    return ended;
  }

  /** As if the power failed. */
  async kill(): Promise<Ended> {
    this.running.kill('SIGKILL');
    const ended = await this.running.ended;
    this.#up = undefined;
    return ended;
  }

  run(command: string, args: readonly string[] = []): Promise<Ended> {
    return this.#world.run(this.name, [command, this.directory, '--json', ...args]);
  }

  /** `folder` is the id that another device joins by; a running `up` that is asked does not say it. */
  async sync(args: readonly string[] = []): Promise<Answer & { readonly folder: string }> {
    const answer = withReport(await this.run('sync', args), 'sync');
    const told = answer.events.find(({ event }) => event === 'folder');
    return { ...answer, folder: (told?.['id'] ?? '') as string };
  }

  async status(args: readonly string[] = []): Promise<Answer> {
    return withReport(await this.run('status', args), 'status');
  }

  async verify(): Promise<Answer> {
    return withReport(await this.run('verify'), 'verified');
  }
}

function withReport(ended: Ended, event: string): Answer {
  const report = ended.events.find((told) => told.event === event);
  if (report === undefined) throw new Error(`No '${event}' was told.\n${ended.stdout}\n${ended.stderr}`);
  return { ...ended, report };
}
