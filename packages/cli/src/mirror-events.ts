/** What a mirror tells, as the command says it. */
import type { MirrorEvent } from '@evermesh/mirror';
import type { ChangeEvent, CliEvent } from './events.ts';

type Told = Extract<MirrorEvent, { type: 'change' | 'problem' | 'progress' }>;

const PHASES: Readonly<Record<Extract<MirrorEvent, { type: 'progress' }>['phase'], string>> = {
  scan: 'Looking at the directory',
  ingest: 'Taking in',
  apply: 'Writing',
};

/** The event to say; the mirror's other events say something about its state, not about a path. */
export function mirrorEvent(event: Told): CliEvent {
  if (event.type === 'progress') {
    const { phase, done, total } = event;
    return { event: 'progress', phase: PHASES[phase], done, total };
  }
  if (event.type === 'problem') {
    const { path, code, message, next } = event;
    return { event: 'problem', path, code, message, next };
  }
  return changeEvent(event);
}

const changeEvent = ({ direction, change, path, from }: Extract<Told, { type: 'change' }>): ChangeEvent => ({
  event: 'change',
  direction: direction === 'in' ? 'sent' : 'received',
  change,
  path,
  from,
});
