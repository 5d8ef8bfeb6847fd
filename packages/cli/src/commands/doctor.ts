/**
 * `evermesh doctor [DIR]`: says what is damaged about a directory's store, and what would be done about it; with `--repair` it does
 * that. What is replaced is kept.
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { levelStore } from '@evermesh/adapters/level';
import type { BlobName } from '@evermesh/core/base';
import { EvermeshError, rebuildStore, systemClock, systemRandom } from '@evermesh/core';
import { CARRIED_AREA } from '@evermesh/mirror';
import type { CommandContext } from '../command-context.ts';
import { runningProcess } from '../control-client.ts';
import { makeDataDirectory } from '../data-directory.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { shellWord } from '../printable.ts';
import { bringBack } from '../repair/bring-back.ts';
import { takeContentsFromDisk } from '../repair/contents-from-disk.ts';
import { examine } from '../repair/examine.ts';
import { recoveries } from '../repair/report.ts';
import { RepairPlace } from '../repair/repair-place.ts';
import type { DoctorReport, RecoveryReport } from '../reports.ts';
import { recall, type Settings } from '../settings.ts';
import { SlowProgress } from '../slow-progress.ts';
import { parseWait } from '../wait-flag.ts';

export interface DoctorFlags {
  readonly repair?: boolean | undefined;
  readonly wait: string;
}

export async function doctor(path: string, flags: DoctorFlags, context: CommandContext): Promise<ExitCode> {
  const { output } = context;
  const wait = parseWait(flags.wait);
  const settings = await recall(path, context);
  const running = await runningProcess(settings.data);
  if (running !== undefined) throw inUse(settings, running);
  const report = await treat(settings, flags.repair === true, context);
  output.tell({ event: 'doctor', ...report });
  const isDamaged = report.damage.length > 0 || report.contents.length > 0;
  if (flags.repair !== true) return isDamaged ? EXIT.partial : EXIT.inStep;
  return bringBack(settings, context, wait);
}

const inUse = ({ directory }: Settings, process: number): EvermeshError =>
  new EvermeshError('STORE_LOCKED', `An 'evermesh up' (process ${process}) keeps ${directory} in step.`, {
    details: { next: `Stop it first. 'evermesh verify ${shellWord(directory)}' looks while it runs.` },
  });

async function treat(
  settings: Settings,
  isRepair: boolean,
  { output, logger, signal }: CommandContext,
): Promise<DoctorReport> {
  const { directory, data, folder, relay } = settings;
  if (folder === undefined)
    throw new EvermeshError('FOLDER_NOT_FOUND', `No folder is remembered for ${directory}.`);
  await makeDataDirectory(data);
  await using place = await RepairPlace.begin(data);
  const progress = new SlowProgress(systemClock, (event) => output.tell(event));
  const onProgress = (phase: string, done: number): void =>
    progress.at({ event: 'progress', phase, done, total: 0 });
  const { address } = webSocketTransport(relay);
  const examined = await examine({ place, folder, address, logger, signal, onProgress });
  const { damage, survey, damagedBlobs, missingBlobs } = examined;
  const report = { directory, data, damage, contents: damagedBlobs, carried: survey.whole.length };
  let found: readonly RecoveryReport[] = [];
  try {
    if (damage.length > 0) {
      await rebuildStore({
        survey,
        from: examined.store,
        to: levelStore(place.building),
        blobs: examined.blobs,
        random: systemRandom,
        carry: CARRIED_AREA,
        signal,
        onProgress: (done) => onProgress('writing the new store', done),
      });
      found = await recoveries(place, survey, settings);
    }
  } finally {
    await examined.close();
  }
  if (!isRepair) return { ...report, recoveries: found };
  await setAside(place, damagedBlobs);
  if (damage.length > 0) await place.replaceStore();
  await takeContentsFromDisk(place, folder, missingBlobs, settings);
  const isReplaced = damage.length > 0 || damagedBlobs.length > 0;
  return { ...report, recoveries: found, kept: isReplaced ? await place.kept() : undefined };
}

/** Contents that are not what their names say make room for the ones that are fetched, or found on disk. */
async function setAside(place: RepairPlace, damagedBlobs: readonly BlobName[]): Promise<void> {
  if (damagedBlobs.length === 0) return;
  const kept = join(await place.kept(), 'blobs');
  await mkdir(kept, { recursive: true });
  for (const name of damagedBlobs)
    await rename(join(place.data, 'blobs', name.slice(0, 2), name), join(kept, name));
}
