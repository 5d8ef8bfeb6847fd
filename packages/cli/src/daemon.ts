/**
 * One directory, alive: replica, link and mirror put together. `up` keeps it running, `sync` uses the same once. What
 * another command asks of a running `up` is answered here.
 */
import type { Clock } from '@evermesh/core';
import type { Mirror } from '@evermesh/mirror';
import { bringInStep } from './bring-in-step.ts';
import type { Conflicts } from './conflict-report.ts';
import type { LinkWatch } from './link-watch.ts';
import type { OpenDevice } from './open-device.ts';
import { answering } from './answer-questions.ts';
import type { Ask } from './questions.ts';
import { relayBrings } from './relay-wait.ts';
import type { DeviceOperations, OperationOptions } from './device-operations.ts';
import type { PendingReport, StatusReport, SyncReport, VerifyReport } from './reports.ts';
import type { Settings } from './settings.ts';
import { missingPaths, otherDevices, problemReports, statusReport } from './status-report.ts';
import { verifyReport } from './verify-report.ts';
import { withheldFiles } from './withheld-files.ts';

/** Milliseconds for which `sync` waits for a relay that cannot be reached. */
const WAIT = 10_000;

export interface DaemonOptions {
  readonly settings: Settings;
  readonly device: OpenDevice;
  readonly link: LinkWatch;
  readonly conflicts: Conflicts;
  readonly clock: Clock;
  /** The mirror, unless the folder has to arrive first. */
  readonly mirror: Mirror | undefined;
  readonly openMirror: () => Promise<Mirror>;
}

export class Daemon implements DeviceOperations {
  readonly link: LinkWatch;
  readonly conflicts: Conflicts;
  readonly ask: Ask;
  readonly #options: DaemonOptions;
  #mirror: Mirror | undefined;
  #opening: Promise<Mirror> | undefined;
  #isIntroduced = false;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.link = options.link;
    this.conflicts = options.conflicts;
    this.#mirror = options.mirror;
    const { folder, replica } = options.device;
    this.ask = answering({ folder, replica, conflicts: options.conflicts, running: true });
  }

  /** Absent until the folder has arrived. */
  get mirror(): Mirror | undefined {
    return this.#mirror;
  }

  /**
   * Opens the mirror, as soon as the folder has arrived: until then nobody can tell which files are new. It is opened once,
   * however many ask.
   * @returns nothing if the relay cannot be reached for `wait` milliseconds; by default it is waited for
   * @throws why the relay does not give the folder; FORMAT_TOO_NEW
   */
  async open({ signal, wait }: OperationOptions): Promise<Mirror | undefined> {
    if (this.#mirror !== undefined) return this.#mirror;
    const { clock, device } = this.#options;
    const { nodes } = device.folder;
    const isHere = (): boolean => nodes.ready || nodes.failure !== undefined;
    if (!(await relayBrings(this.link, isHere, { clock, wait, signal }))) return undefined;
    if (nodes.failure !== undefined) throw nodes.failure;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<Mirror> {
    this.#mirror ??= await this.#options.openMirror();
    this.link.changed.emit();
    return this.#mirror;
  }

  async status(): Promise<StatusReport> {
    const { settings, device } = this.#options;
    return statusReport({
      settings,
      replica: device.replica,
      folder: device.folder,
      link: this.link.report,
      running: true,
      mirror: this.#mirror?.status(),
      pending: await this.#pending(),
      conflicts: await this.conflicts.reports(),
      devices: await otherDevices(device),
      withheld: withheldFiles(this.link, device.folder),
    });
  }

  async sync({ signal, wait = WAIT }: OperationOptions = {}): Promise<SyncReport> {
    const { clock, device } = this.#options;
    const { nodes } = device.folder;
    const options = { clock, wait, signal };
    // After a repair there may be a mirror, and a tree that the relay has to be asked for first.
    await relayBrings(
      this.link,
      () =>
        nodes.failure !== undefined || (this.#mirror !== undefined && (nodes.ready || this.link.isSynced)),
      options,
    );
    if (nodes.failure !== undefined) throw nodes.failure;
    const mirror = this.#mirror;
    const result =
      mirror !== undefined && nodes.ready
        ? await bringInStep(this.#introducing(mirror), this.link, options)
        : { inStep: false, changes: 0 };
    const status = mirror?.status();
    return {
      directory: this.#options.settings.directory,
      ...result,
      files: status?.files ?? 0,
      pending: { ...(await this.#pending()), contents: status?.notHere.length ?? 0 },
      missing: missingPaths(status),
      link: this.link.report,
      conflicts: await this.conflicts.reports(),
      problems: [...problemReports(status), ...withheldFiles(this.link, device.folder)],
    };
  }

  /** Once this device wrote something, others are told how it is called. */
  async introduce(): Promise<void> {
    const { folder, replica } = this.#options.device;
    if (this.#isIntroduced) return;
    this.#isIntroduced = await folder.devices.introduce(replica.device.name);
  }

  /** What is taken from the disk goes to the relay together with who that was. */
  #introducing(mirror: Mirror): Parameters<typeof bringInStep>[0] {
    return {
      status: () => mirror.status(),
      settle: async (options) => {
        const made = await mirror.settle(options);
        await this.introduce();
        return made;
      },
    };
  }

  async verify({ signal }: OperationOptions = {}): Promise<VerifyReport> {
    const mirror = await this.open({ signal });
    return verifyReport(this.#options.device.folder, mirror as Mirror, signal);
  }

  async close(): Promise<void> {
    // Whoever asked for it hears why it failed.
    await this.#opening?.catch(() => undefined);
    await this.#mirror?.close();
    await this.link.close();
  }

  async #pending(): Promise<Omit<PendingReport, 'contents'>> {
    const { device } = this.#options;
    return { onDisk: 0, ...(await device.replica.pending(device.folder.id, this.link.address)) };
  }
}
