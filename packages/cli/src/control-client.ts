/** Asks a running `up` on behalf of another command. */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { EvermeshError, isErrorCode } from '@evermesh/core/errors';
import {
  CONTROL_FILE,
  CONTROL_VERSION,
  type ControlCommand,
  type ControlPlace,
  type ControlReply,
  type ControlRequest,
  type ControlResults,
  REPLY_LIMIT,
} from './control-protocol.ts';
import type { CliEvent } from './events.ts';
import { readLines } from './lines.ts';
import type { Explained } from './next-steps.ts';
import { jsonLine } from './printable.ts';
import type { AnswerTo, Question } from './questions.ts';
import type { DeviceOperations, OperationOptions } from './device-operations.ts';

export interface ControlClientOptions {
  readonly data: string;
  /** What the running `up` tells while it works on the answer. */
  readonly onEvent?: ((event: CliEvent) => void) | undefined;
}

/** The device that a running `up` has open on this data directory; nothing if none answers. */
export async function askRunning({
  data,
  onEvent,
}: ControlClientOptions): Promise<DeviceOperations | undefined> {
  const place = await answering(data);
  if (place === undefined) return undefined;
  const tell =
    <Command extends Exclude<ControlCommand, 'ask'>>(command: Command) =>
    ({ signal, wait }: OperationOptions = {}): Promise<ControlResults[Command]> =>
      request<Command>(place.socket, { version: CONTROL_VERSION, command, wait }, onEvent, signal);
  return {
    status: tell('status'),
    sync: tell('sync'),
    verify: tell('verify'),
    ask: async <Asked extends Question>(question: Asked, signal?: AbortSignal) =>
      // Whoever answers gives what was asked for: both sides are one version.
      (await request<'ask'>(
        place.socket,
        { version: CONTROL_VERSION, command: 'ask', question },
        onEvent,
        signal,
      )) as AnswerTo<Asked>,
    close: () => Promise.resolve(),
  };
}

/** The process of a running `up`; nothing if none answers. */
export async function runningProcess(data: string): Promise<number | undefined> {
  return (await answering(data))?.pid;
}

/** A crash leaves the file behind; only an answer proves that somebody is there. */
async function answering(data: string): Promise<ControlPlace | undefined> {
  const place = await readPlace(data);
  const probe = place === undefined ? undefined : await dial(place.socket);
  probe?.destroy();
  return probe === undefined ? undefined : place;
}

async function readPlace(data: string): Promise<ControlPlace | undefined> {
  try {
    const place = JSON.parse(
      await readFile(join(data, CONTROL_FILE), 'utf8'),
    ) as Partial<ControlPlace> | null;
    if (typeof place?.socket !== 'string' || typeof place.pid !== 'number') return undefined;
    return { version: CONTROL_VERSION, socket: place.socket, pid: place.pid };
  } catch {
    // No file, or none that can be read: whether the store is free is what decides then.
    return undefined;
  }
}

function dial(socket: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => resolve(connection));
    // Stays on: an error after the connection was made reaches whoever reads from it, and must not end the process.
    connection.on('error', () => resolve(undefined));
  });
}

async function request<Command extends ControlCommand>(
  socket: string,
  asked: ControlRequest,
  onEvent: ((event: CliEvent) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<ControlResults[Command]> {
  signal?.throwIfAborted();
  const connection = await dial(socket);
  if (connection === undefined) throw gone();
  const abort = (): void => void connection.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    connection.write(`${jsonLine(asked)}\n`);
    for await (const line of readLines(connection, REPLY_LIMIT)) {
      const reply = JSON.parse(line) as ControlReply;
      if ('done' in reply) return reply.done as ControlResults[Command];
      if ('failed' in reply) throw errorFrom(reply.failed);
      onEvent?.(reply.event);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    connection.destroy();
  }
  signal?.throwIfAborted();
  throw gone();
}

const errorFrom = ({ code, message, next }: Explained): EvermeshError =>
  new EvermeshError(isErrorCode(code) ? code : 'INTERNAL', message, { details: { next } });

const gone = (): EvermeshError =>
  new EvermeshError('STORE_LOCKED', `The running 'evermesh up' ended before it answered.`, {
    details: { next: 'Run the command again.' },
  });
