/** One Syncthing process with its own keys and settings, asked over its REST interface on loopback. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { freePort } from '../counting-proxy.ts';
import { Child, run } from '../processes.ts';
import type { Availability } from './pair.ts';
import { loopbackSettings, type SyncthingDevice } from './syncthing-settings.ts';

const FOLDER = 'bench';

export async function findSyncthing(): Promise<Availability> {
  try {
    return { version: /v\S+/.exec(await run('syncthing', ['--version']))?.[0] ?? 'unknown version' };
  } catch {
    return { missing: 'not installed (apt package: syncthing)' };
  }
}

export class SyncthingInstance {
  readonly id: string;
  /** Where it takes connections of devices. */
  readonly port: number;
  readonly #home: string;
  /** Where it answers questions: host and port. */
  readonly api: string;
  readonly #key: string;
  #child: Child | undefined;

  /** Makes keys and settings; nothing is started and nothing is sent anywhere. */
  static async create(home: string): Promise<SyncthingInstance> {
    await mkdir(home, { recursive: true });
    await run('syncthing', ['generate', `--home=${home}`, '--no-default-folder'], {
      env: environment(home),
    });
    const settings = await readFile(join(home, 'config.xml'), 'utf8');
    const id = /<device id="([^"]+)"/.exec(settings)?.[1];
    const key = /<apikey>([^<]+)</.exec(settings)?.[1];
    if (id === undefined || key === undefined) throw new Error(`${home}/config.xml has no device or no key.`);
    return new SyncthingInstance({ home, id, key, port: await freePort(), apiPort: await freePort() });
  }

  private constructor(parts: { home: string; id: string; key: string; port: number; apiPort: number }) {
    this.#home = parts.home;
    this.id = parts.id;
    this.port = parts.port;
    this.#key = parts.key;
    this.api = `127.0.0.1:${parts.apiPort}`;
  }

  get pid(): number {
    return this.#child!.pid;
  }

  /** Writes the settings before the first start, so that it never looks for others beyond this machine. */
  async configure(directory: string, devices: readonly SyncthingDevice[]): Promise<void> {
    // The mark by which Syncthing tells an empty folder from a disk that is not there.
    await mkdir(join(directory, '.stfolder'), { recursive: true });
    const file = join(this.#home, 'config.xml');
    const generated = await readFile(file, 'utf8');
    const { port, api } = this;
    await writeFile(file, loopbackSettings(generated, { folder: FOLDER, directory, devices, port, api }));
  }

  start(): void {
    const args = ['serve', `--home=${this.#home}`, '--no-browser', '--no-restart', '--logflags=0'];
    this.#child = new Child('syncthing', 'syncthing', args, { env: environment(this.#home) });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.stop();
  }

  /** Rejects if it ends though nobody stopped it. */
  async rejectsWhenEnded(): Promise<never> {
    const child = this.#child;
    await child?.ended;
    throw new Error(`syncthing ended:\n${child?.lastWords ?? ''}`);
  }

  /** Resolves when it answers and has looked at its folder. */
  async answers(interval: number): Promise<void> {
    for (;;) {
      if (await this.#state().then(isIdle, () => false)) return;
      await passed(interval);
    }
  }

  /** Whether it has so many files, knows of no others, and is done with them. */
  async holds(files: number): Promise<boolean> {
    const status = await this.#state();
    return (
      status.localFiles === files && status.globalFiles === files && status.needFiles === 0 && isIdle(status)
    );
  }

  /** Asks after each event of the folder until the answer is yes. */
  async eventsUntil(isDone: () => Promise<boolean>): Promise<void> {
    let last = 0;
    while (!(await isDone())) {
      const path = `/rest/events?events=StateChanged,ItemFinished&since=${last}&timeout=2`;
      const events = (await this.#ask('GET', path)) as { readonly id: number }[];
      last = events.at(-1)?.id ?? last;
    }
  }

  async setWatcherDelay(seconds: number): Promise<void> {
    await this.#ask('PATCH', `/rest/config/folders/${FOLDER}`, { fsWatcherDelayS: seconds });
  }

  async #state(): Promise<FolderStatus> {
    return (await this.#ask('GET', `/rest/db/status?folder=${FOLDER}`)) as FolderStatus;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`http://${this.api}${path}`, {
      method,
      headers: { 'X-API-Key': this.#key, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Syncthing answered ${response.status} to ${method} ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

interface FolderStatus {
  readonly state: string;
  readonly localFiles: number;
  readonly globalFiles: number;
  readonly needFiles: number;
}

const isIdle = (status: FolderStatus): boolean => status.state === 'idle';

/**
 * Without these it looks for newer versions of itself, writes into the home of whoever runs this, or runs below a
 * second process that only watches over it, and which would be measured in its place.
 */
const environment = (home: string): NodeJS.ProcessEnv => ({
  ...process.env,
  HOME: home,
  STNOUPGRADE: '1',
  STNODEFAULTFOLDER: '1',
  STMONITORED: 'yes',
});
