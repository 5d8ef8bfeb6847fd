/** The answer of `status`, put together from what replica, mirror and link say. */
import type { Replica, Folder } from '@evermesh/core';
import type { MirrorStatus } from '@evermesh/mirror';
import { DEFAULT_KEPT_VERSIONS } from './keep-versions.ts';
import type { ConflictReport, LinkReport, PendingReport, ProblemReport, StatusReport } from './reports.ts';
import type { Settings } from './settings.ts';

export interface StatusParts {
  readonly settings: Settings;
  readonly replica: Replica;
  readonly folder: Folder;
  readonly link: LinkReport;
  readonly running: boolean;
  /** Absent while the folder has not arrived for the first time. */
  readonly mirror: MirrorStatus | undefined;
  readonly pending: Omit<PendingReport, 'contents'>;
  readonly conflicts: readonly ConflictReport[];
  readonly devices: StatusReport['devices'];
  /** Files that the relay has no room for. */
  readonly withheld: readonly ProblemReport[];
}

export function statusReport(parts: StatusParts): StatusReport {
  const { settings, replica, folder, link, running, mirror, conflicts, devices } = parts;
  const pending = { ...parts.pending, contents: mirror?.notHere.length ?? 0 };
  const isQuiet = !running || mirror?.state === 'in step';
  return {
    directory: settings.directory,
    running,
    device: replica.device,
    devices,
    folder: { id: folder.id, name: folder.name },
    link,
    mirror: running ? (mirror?.state ?? 'waiting') : 'not running',
    files: mirror?.files ?? 0,
    keepVersions: settings.keepVersions ?? DEFAULT_KEPT_VERSIONS,
    inStep: mirror !== undefined && folder.nodes.ready && isQuiet && isNothing(pending),
    pending,
    missing: missingPaths(mirror),
    conflicts,
    problems: [...problemReports(mirror), ...parts.withheld],
    ignoredCount: mirror?.ignored.length ?? 0,
    ignored: mirror?.ignored ?? [],
  };
}

/** Those that told how they are called. */
export async function otherDevices({
  replica,
  folder,
}: Pick<StatusParts, 'replica' | 'folder'>): Promise<StatusReport['devices']> {
  const names = [...(await folder.devices.names(replica.device))];
  return names.filter(([id]) => id !== replica.device.id).map(([id, name]) => ({ id, name }));
}

export const problemReports = (mirror: MirrorStatus | undefined): ProblemReport[] =>
  (mirror?.problems ?? []).map(({ path, code, message, next }) => ({ path, code, message, next }));

/** A first sync may wait for every file of a large folder: more names would tell nobody anything. */
const MISSING_NAMED = 20;

export const missingPaths = (mirror: MirrorStatus | undefined): string[] =>
  (mirror?.notHere ?? []).slice(0, MISSING_NAMED);

const isNothing = ({ onDisk, toRelay, fromRelay, contents }: PendingReport): boolean =>
  onDisk + toRelay + fromRelay + contents === 0;
