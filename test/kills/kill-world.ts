/**
 * A relay, a device that sends, a device that receives, each a process of its own, each device behind a proxy of its own. All
 * of them can be killed and come back with what they left on the disk.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf } from '../support/home.ts';
import { type Ended, EvermeshProcess, type Told } from '../support/process.ts';
import { MeteredProxy } from './metered-proxy.ts';

/** Seconds that a `sync` waits for the relay: longer than any recovery. */
const WAIT = '60';

export class KillWorld {
  readonly relay: KilledRelay;
  readonly #command: string;
  readonly #root: string;
  readonly #processes = new Set<EvermeshProcess>();
  readonly #proxies: MeteredProxy[] = [];
  #isOver = false;

  /** @param root an empty directory */
  constructor(command: string, root: string) {
    this.#command = command;
    this.#root = root;
    this.relay = new KilledRelay(this);
  }

  path(...parts: string[]): string {
    return join(this.#root, ...parts);
  }

  /** @param directory default: one beside the device's data. It may have files already */
  async device(name: string, directory: string = this.path(name, 'files')): Promise<KilledDevice> {
    const proxy = await MeteredProxy.open();
    this.#proxies.push(proxy);
    this.relay.behind(proxy);
    const device = new KilledDevice(this, name, directory, proxy);
    await mkdir(device.store, { recursive: true });
    await mkdir(device.temporaries, { recursive: true });
    return device;
  }

  /** What each process that lives said last. */
  get lastWords(): string {
    return [...this.#processes]
      .map(({ what, events }) => `${what}\n    said last: ${JSON.stringify(events.at(-1))}`)
      .join('\n  ');
  }

  start(home: string, args: readonly string[]): EvermeshProcess {
    if (this.#isOver) throw new Error('This world has ended.');
    const env = homeOf(this.path(home));
    const started = new EvermeshProcess(args, { command: this.#command, env, cwd: this.#root });
    this.#processes.add(started);
    void started.ended.then(() => this.#processes.delete(started));
    return started;
  }

  /** Ends every process, whatever it does. Who waits for one hears that it ended. */
  async killAll(): Promise<void> {
    const left = [...this.#processes];
    for (const one of left) one.kill('SIGKILL');
    await Promise.all(left.map(({ ended }) => ended));
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.killAll();
    await Promise.all(this.#proxies.splice(0).map((proxy) => proxy.close()));
  }
}

export class KilledRelay {
  readonly name = 'relay';
  readonly #world: KillWorld;
  readonly #proxies: MeteredProxy[] = [];
  #process: EvermeshProcess | undefined;
  #url = '';

  constructor(world: KillWorld) {
    this.#world = world;
  }

  /** Where it listens now, past the proxies; another port after each start. */
  get url(): string {
    return this.#url;
  }

  get data(): string {
    return this.#world.path('relay', 'data');
  }

  get running(): EvermeshProcess {
    if (this.#process === undefined) throw new Error('The relay does not run.');
    return this.#process;
  }

  behind(proxy: MeteredProxy): void {
    this.#proxies.push(proxy);
    if (this.#process !== undefined) proxy.letThroughTo(this.#url);
  }

  /** Starts it where only those find it who know its address; `open` lets the devices through. */
  async startApart(): Promise<void> {
    for (const proxy of this.#proxies) proxy.cut();
    const args = ['relay', '--json', '--allow-everyone', '--listen', '127.0.0.1:0', '--data', this.data];
    this.#process = this.#world.start(this.name, args);
    this.#url = (await this.#process.next('listening'))['url'] as string;
  }

  open(): void {
    for (const proxy of this.#proxies) proxy.letThroughTo(this.#url);
  }

  async start(): Promise<void> {
    await this.startApart();
    this.open();
  }

  async stop(): Promise<void> {
    expectCode(await this.running.stop(), 'relay');
  }
}

export class KilledDevice {
  readonly name: string;
  readonly directory: string;
  readonly proxy: MeteredProxy;
  readonly #world: KillWorld;
  #process: EvermeshProcess | undefined;
  #folder: readonly string[] = [];

  constructor(world: KillWorld, name: string, directory: string, proxy: MeteredProxy) {
    this.#world = world;
    this.name = name;
    this.directory = directory;
    this.proxy = proxy;
  }

  get temporaries(): string {
    return join(this.directory, '.evermesh', 'tmp');
  }

  get data(): string {
    return this.#world.path(this.name, 'data');
  }

  get store(): string {
    return join(this.data, 'store');
  }

  get running(): EvermeshProcess {
    if (this.#process === undefined) throw new Error(`No 'evermesh up' runs on ${this.name}.`);
    return this.#process;
  }

  /** Joins this folder at its first start, instead of making one. */
  joins(folder: string): void {
    this.#folder = ['--folder', folder];
  }

  start(): EvermeshProcess {
    this.#process = this.#world.start(this.name, ['up', this.directory, ...this.#flags()]);
    return this.#process;
  }

  async stop(): Promise<void> {
    expectCode(await this.running.stop(), `up on ${this.name}`);
  }

  /** @param relay another way to the relay than by the proxy */
  sync(relay: string = this.proxy.url): EvermeshProcess {
    return this.#world.start(this.name, ['sync', this.directory, ...this.#flags(relay), '--wait', WAIT]);
  }

  /** Asks the running `up`, without a word about what it was started with. */
  ask(): EvermeshProcess {
    return this.#world.start(this.name, ['sync', this.directory, '--json', '--wait', WAIT]);
  }

  async verify(): Promise<void> {
    const ended = await this.#world.start(this.name, ['verify', this.directory, '--json']).ended;
    const report = ended.events.find(({ event }) => event === 'verified');
    const findings = [report?.['disk'], report?.['store']] as const;
    if (ended.code === 0 && findings.every((list) => Array.isArray(list) && list.length === 0)) return;
    throw new Error(
      `verify on ${this.name} finds:\n${ended.stdout.slice(-4000)}${ended.stderr.slice(-4000)}`,
    );
  }

  #flags(relay: string = this.proxy.url): string[] {
    return ['--json', '--relay', relay, '--data', this.data, '--device-name', this.name, ...this.#folder];
  }
}

/** @throws if the result of a `sync` is anything but "in step" */
export function expectInStep({ code, events, stdout, stderr }: Ended, name: string): Told {
  const report = events.find(({ event }) => event === 'sync');
  if (code === 0 && report?.['inStep'] === true) return report;
  throw new Error(`sync on ${name} ended with ${code}:\n${stdout.slice(-4000)}${stderr.slice(-4000)}`);
}

function expectCode({ code, stdout, stderr }: Ended, what: string): void {
  if (code === 0) return;
  throw new Error(
    `${what} was asked to stop and ended with ${code}:\n${stdout.slice(-4000)}${stderr.slice(-4000)}`,
  );
}
