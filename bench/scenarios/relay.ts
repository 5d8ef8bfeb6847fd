/**
 * What a relay costs beside others: to deliver, to hold, to be come back to. Each is a process of its own with real sockets and what it
 * stores on a real disk; the load comes from this process.
 */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { findEvermesh } from '../engines/evermesh-command.ts';
import { EVERMESH, Figures } from '../figures.ts';
import { DELIVERY, FAN_OUT, fanOut, steady } from '../relay/deliveries.ts';
import { edits } from '../relay/edits-between.ts';
import { BARE, enginesNamed, Y_LEVELDB } from '../relay/engines.ts';
import { FRESH, FRESH_BYTES, fresh, joiners } from '../relay/fetches.ts';
import { HELD, idle, KEPT, memory, soak } from '../relay/held.ts';
import type { Part, PartContext } from '../relay/part.ts';
import { reconnect, subjectOf } from '../relay/reconnects.ts';
import { RelayProcess } from '../relay/relay-process.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, UsageError } from './scenario.ts';

const PARTS: Readonly<Record<string, Part>> = {
  steady,
  'fan-out': fanOut,
  edits,
  memory,
  reconnect,
  fresh,
  joiners,
  idle,
  soak,
};

export const relay: Scenario = {
  name: 'relay',
  about: 'a relay beside others: deliveries, memory, reconnecting, new clients, idle ones',
  options: {
    parts: { default: Object.keys(PARTS).join(','), about: 'what is measured' },
    engines: {
      default: '',
      about: 'which relays, by the first word of their names; else all that are installed',
    },
    documents: { default: '1000', about: 'steady: documents of two clients' },
    rate: { default: '1000', about: 'steady: updates a second; soak: half of it' },
    seconds: { default: '10', about: 'steady: for how long' },
    readers: { default: '50', about: 'fan-out: clients of the one document, its writer included' },
    updates: { default: '10000', about: 'fan-out: how many of one character' },
    'edits-between': { default: '300', about: 'edits: how many' },
    held: { default: '10000,50000', about: 'memory: documents, few and many' },
    'held-by-peers': {
      default: '1000,3000',
      about: 'the same where a client has a socket for each, or makes load slowly',
    },
    reconnect: { default: '10000', about: 'reconnect: files of a folder' },
    'reconnect-of-peers': { default: '1000', about: 'reconnect: documents of others' },
    trace: {
      default: '',
      about: 'fresh: recorded edits, as JSON, compressed or not; else they are generated',
    },
    edits: { default: '0', about: 'fresh: how many of them; 0 for all' },
    settle: {
      default: '5',
      about: 'fresh, joiners: seconds between the last update and the first new client',
    },
    megabytes: { default: '20', about: 'joiners: of the document' },
    joiners: { default: '100', about: 'joiners: how many at the same moment' },
    connections: { default: '5000', about: 'idle: connections, two for each document' },
    idle: { default: '10', about: 'idle: seconds' },
    soak: { default: '60', about: 'soak: seconds; a long one is 1800' },
  },
  run: measure,
};

async function measure(context: ScenarioContext): Promise<ScenarioResult> {
  const figures = new Figures();
  setCeilings(figures);
  const left = [
    context.nodeArguments.length > 0
      ? `${EVERMESH}: the sources`
      : `${EVERMESH}: ${findEvermesh().described}`,
  ];
  const engines = enginesNamed(context.options.list('engines'), left);
  const notes = new Set(left);
  const newDirectory = (): Promise<string> => mkdtemp(join(context.directory, 'r'));
  const whole: PartContext = {
    ...context,
    figures,
    notes,
    engines,
    newDirectory,
    start: async ({ server }) => RelayProcess.start(server, await newDirectory(), context.nodeArguments),
  };
  const parts = context.options.list('parts').map(partOf);
  process.on('unhandledRejection', notOfPeers);
  for (let run = 1; run <= context.runs; run++) for (const part of parts) await part(whole);
  process.off('unhandledRejection', notOfPeers);
  return { figures, notes: [...notes] };
}

/** A client of another engine may give up on something long after it was measured: that is no reason to end what is going on. */
function notOfPeers(error: unknown): void {
  if (error instanceof Error && error.stack?.includes('/bench/peers/') === true) return;
  throw error;
}

function partOf(name: string): Part {
  const part = PARTS[name];
  if (part === undefined)
    throw new UsageError(`There is no part '${name}': ${Object.keys(PARTS).join(', ')}.`);
  return part;
}

function setCeilings(figures: Figures): void {
  figures.reach(DELIVERY, { atMost: 1.5, timesOf: BARE });
  figures.reach(FAN_OUT, { atMost: 0.5, timesOf: BARE });
  figures.reach(HELD, { atMost: 2000 });
  figures.reach(KEPT, { atMost: 300 });
  figures.reach(`${subjectOf(0)}: frames`, { atMost: 4 });
  figures.reach(`${subjectOf(0)}: bytes without the upgrade`, { atMost: 1000 });
  figures.reach(FRESH, { atMost: 1, timesOf: Y_LEVELDB });
  figures.reach(FRESH_BYTES, { atMost: 0.25, timesOf: Y_LEVELDB });
}
