/** Two devices and their relay as three processes on loopback; everything between them passes the counting proxy. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf } from '../../test/support/home.ts';
import { CountingProxy, type WireCount } from '../counting-proxy.ts';
import { EVERMESH } from '../figures.ts';
import { Child } from '../processes.ts';
import type { EvermeshCommand } from './evermesh-command.ts';
import type { LivePair } from './pair.ts';
import { Telling } from './told.ts';

export const ROLES = ['relay', 'sender', 'receiver'] as const;
export type Role = (typeof ROLES)[number];

export interface EvermeshPairOptions {
  readonly command: EvermeshCommand;
  /** An empty directory for stores, settings and sockets. */
  readonly home: string;
  readonly left: string;
  readonly right: string;
  /** How many files the first sync brings over. */
  readonly files: number;
  /** Further arguments of `node` for one of the processes. */
  readonly nodeArguments?: { readonly role: Role; readonly list: readonly string[] } | undefined;
}

interface Running {
  readonly child: Child;
  readonly telling: Telling;
}

export class EvermeshPair implements LivePair {
  readonly engine = EVERMESH;
  readonly left: string;
  readonly right: string;
  readonly ownNames = ['.evermesh'];
  readonly #options: EvermeshPairOptions;
  readonly #running = new Map<Role, Running>();
  readonly #relayPort: number;
  readonly #proxy: CountingProxy;
  #sentAfter = Number.NaN;

  /** The relay runs afterwards, the devices do not. */
  static async open(options: EvermeshPairOptions): Promise<EvermeshPair> {
    const relay = startProcess(options, 'relay', relayArguments(options, 0));
    const { url } = await failIfEnded(relay, relay.telling.when('listening'));
    const port = Number(new URL(url as string).port);
    const proxy = await CountingProxy.open({ target: port, frames: true });
    return new EvermeshPair(options, relay, port, proxy);
  }

  private constructor(options: EvermeshPairOptions, relay: Running, port: number, proxy: CountingProxy) {
    this.#options = options;
    this.left = options.left;
    this.right = options.right;
    this.#running.set('relay', relay);
    this.#relayPort = port;
    this.#proxy = proxy;
  }

  get wire(): CountingProxy {
    return this.#proxy;
  }

  /** Milliseconds from the start of the first sync until the sender said that everything is durable at the relay. */
  get sentAfter(): number {
    return this.#sentAfter;
  }

  /** The second device is started as soon as the first has named the folder. */
  async firstSync(): Promise<void> {
    const { files } = this.#options;
    const start = performance.now();
    const sender = this.#up('sender', this.left);
    const { id } = await this.whileAlive(sender.telling.when('folder'));
    await mkdir(this.right, { recursive: true });
    const receiver = this.#up('receiver', this.right, ['--folder', id as string]);
    const hasAll = (told: { readonly [field: string]: unknown }): boolean => told['files'] === files;
    const sent = sender.telling.when('synced', hasAll).then(() => {
      this.#sentAfter = performance.now() - start;
    });
    await this.whileAlive(Promise.all([sent, receiver.telling.when('synced', hasAll)]));
  }

  processes(): ReadonlyMap<string, number> {
    return new Map([...this.#running].map(([role, { child }]) => [role, child.pid]));
  }

  whileAlive<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, ...[...this.#running.values()].map(rejectWhenEnded)]);
  }

  onActivity(listener: () => void): () => void {
    return this.#running.get('receiver')!.telling.onSynced(listener);
  }

  /**
   * Stops the relay cleanly, starts it with the same data at the same place, and resolves when both devices are back.
   * Returns what had passed on the wire when it was gone, and how long it then took.
   */
  async restartRelay(): Promise<{ before: WireCount; milliseconds: number }> {
    const devices = [this.#running.get('sender')!, this.#running.get('receiver')!];
    const relay = this.#running.get('relay')!;
    this.#running.delete('relay');
    for (const { telling } of devices) telling.forget();
    await relay.child.stop();
    const before = this.#proxy.count;
    const start = performance.now();
    const again = startProcess(this.#options, 'relay', relayArguments(this.#options, this.#relayPort));
    this.#running.set('relay', again);
    await this.whileAlive(
      Promise.all(devices.map(({ telling }) => telling.when('link', ({ state }) => state === 'connected'))),
    );
    return { before, milliseconds: performance.now() - start };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Devices first: what they did last is still sent.
    for (const role of ['sender', 'receiver', 'relay'] as const) {
      const running = this.#running.get(role);
      this.#running.delete(role);
      await running?.child.stop();
    }
    await this.#proxy.close();
  }

  #up(role: Role, directory: string, further: readonly string[] = []): Running {
    const relay = `ws://127.0.0.1:${this.#proxy.port}`;
    const args = ['up', directory, '--relay', relay, '--device-name', role, ...further];
    const running = startProcess(this.#options, role, args);
    this.#running.set(role, running);
    return running;
  }
}

function startProcess(options: EvermeshPairOptions, role: Role, args: readonly string[]): Running {
  const { command, nodeArguments, home } = options;
  const own = nodeArguments?.role === role ? nodeArguments.list : [];
  const telling = new Telling();
  const child = new Child(
    `evermesh ${role}`,
    process.execPath,
    [...own, ...command.nodeArguments, ...args, '--json'],
    {
      env: homeOf(join(home, role)),
      onLine: (line) => telling.line(line),
    },
  );
  return { child, telling };
}

const relayArguments = (options: EvermeshPairOptions, port: number): string[] => [
  'relay',
  '--listen',
  `127.0.0.1:${port}`,
  '--allow-everyone',
  '--data',
  join(options.home, 'relay', 'data'),
];

const failIfEnded = <Value>(running: Running, promise: Promise<Value>): Promise<Value> =>
  Promise.race([promise, rejectWhenEnded(running)]);

async function rejectWhenEnded({ child }: Running): Promise<never> {
  const code = await child.ended;
  throw new Error(`${child.name} ended (${code ?? 'by a signal'}):\n${child.lastWords}`);
}
