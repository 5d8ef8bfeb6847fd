/** Tells where a link stands whenever that changed for a person, and how far the relay's news have come. */
import type { CliEvent } from './events.ts';
import type { LinkWatch } from './link-watch.ts';
import type { SlowProgress } from './slow-progress.ts';

export interface LinkTelling {
  readonly tell: (event: CliEvent) => void;
  readonly progress: SlowProgress;
  /** Whether the command's last word will say where the link stands: then that is enough. */
  readonly isSaidLater: () => boolean;
}

/** @returns ends the telling */
export function tellLink(link: LinkWatch, { tell, progress, isSaidLater }: LinkTelling): () => void {
  let last = '';
  let total = 0;
  const look = (): void => {
    const { report, owed } = link;
    // A first attempt is no news; what becomes of it is.
    const isNews = report.state !== 'connecting' && report.state !== 'off' && !isSaidLater();
    // Each attempt may fail in its own way, and is still the same being away.
    const now = report.state === 'refused' ? `refused ${report.why?.code ?? ''}` : report.state;
    if (isNews && now !== last) {
      last = now;
      tell({ event: 'link', ...report });
    }
    total = owed === 0 ? 0 : Math.max(total, owed);
    if (total > 0)
      progress.at({ event: 'progress', phase: 'Fetching from the relay', done: total - owed, total });
  };
  const stop = link.changed.add(look);
  look();
  return stop;
}
