/**
 * Lets other commands ask a running `up`: LevelDB belongs to one process, so `status`, `sync` and `verify` cannot open
 * the store beside it. The socket can be used by this user only.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { EvermeshError } from '@evermesh/core/errors';
import { writeAtomically } from './atomic-file.ts';
import {
  CONTROL_COMMANDS,
  CONTROL_FILE,
  CONTROL_VERSION,
  type ControlCommand,
  type ControlPlace,
  type ControlReply,
  type ControlRequest,
  REQUEST_LIMIT,
} from './control-protocol.ts';
import { placeSocket } from './control-socket.ts';
import type { CliEvent } from './events.ts';
import { readLines } from './lines.ts';
import { explain } from './next-steps.ts';
import { jsonLine } from './printable.ts';
import type { DeviceOperations } from './device-operations.ts';
import { parseQuestion, type Question } from './questions.ts';
import { usageError } from './usage-error.ts';

export interface ControlServerOptions {
  readonly device: DeviceOperations;
  /** The device's data directory. Its store must be open: that lock is what makes this the only server of it. */
  readonly data: string;
  readonly runtime: readonly string[];
}

export class ControlServer {
  readonly #server: Server;
  readonly #device: DeviceOperations;
  readonly #clients = new Set<Socket>();
  readonly #busy = new Set<Socket>();
  readonly #place: string;
  readonly #socket: string;

  static async open({ device, data, runtime }: ControlServerOptions): Promise<ControlServer> {
    const socket = await placeSocket(runtime, data);
    // Whoever made a socket here before held the store, and does no more.
    await rm(socket, { force: true });
    const server = new ControlServer(device, socket, join(data, CONTROL_FILE));
    await server.#listen();
    return server;
  }

  private constructor(device: DeviceOperations, socket: string, place: string) {
    this.#device = device;
    this.#socket = socket;
    this.#place = place;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Passes an event on to every command that waits for an answer. */
  tell(event: CliEvent): void {
    for (const client of this.#busy) send(client, { event });
  }

  async close(): Promise<void> {
    await rm(this.#place, { force: true });
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const client of this.#clients) client.destroy();
    await closed;
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#socket, resolve);
    });
    await chmod(this.#socket, 0o600);
    const place: ControlPlace = { version: CONTROL_VERSION, socket: this.#socket, pid: process.pid };
    await writeAtomically(this.#place, `${JSON.stringify(place)}\n`);
  }

  #accept(client: Socket): void {
    this.#clients.add(client);
    const gone = new AbortController();
    client.on('error', () => client.destroy());
    client.on('close', () => {
      this.#clients.delete(client);
      this.#busy.delete(client);
      gone.abort(new DOMException('The command that asked is gone.', 'AbortError'));
    });
    void this.#answer(client, gone.signal);
  }

  async #answer(client: Socket, signal: AbortSignal): Promise<void> {
    try {
      const asked = parseRequest(await firstLine(client));
      this.#busy.add(client);
      const done =
        asked.command === 'ask'
          ? await this.#device.ask(asked.question, signal)
          : await this.#device[asked.command]({ signal, wait: asked.wait });
      send(client, { done });
    } catch (error) {
      send(client, { failed: explain(error) });
    }
    this.#busy.delete(client);
    client.end();
  }
}

async function firstLine(client: Socket): Promise<string> {
  // The iterator of a stream destroys it when it is left; the answer still has to go out.
  const chunks = client.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  for await (const line of readLines(chunks, REQUEST_LIMIT)) {
    // Nothing more is expected; reading on is how the end of the connection is noticed.
    client.resume();
    return line;
  }
  throw usageError('The request ended before it was complete.', 'Run the command again.');
}

type Asked =
  | { readonly command: 'ask'; readonly question: Question }
  | { readonly command: Exclude<ControlCommand, 'ask'>; readonly wait: number | undefined };

function parseRequest(line: string): Asked {
  const request = JSON.parse(line) as Partial<ControlRequest> | null;
  if (request?.version !== CONTROL_VERSION) {
    throw usageError(
      `The running 'evermesh up' speaks version ${CONTROL_VERSION} of the control protocol, this command ${String(request?.version)}.`,
      `Stop and start 'evermesh up', so that both are the same version.`,
    );
  }
  const command = CONTROL_COMMANDS.find((known) => known === request.command);
  if (command === undefined) throw unknownRequest();
  if (command !== 'ask')
    return { command, wait: typeof request.wait === 'number' ? request.wait : undefined };
  const question = parseQuestion(request.question);
  if (question === undefined) throw unknownRequest();
  return { command, question };
}

const unknownRequest = (): EvermeshError =>
  usageError(
    'The running evermesh does not know this request.',
    `Stop and start 'evermesh up', so that both are the same version.`,
  );

function send(client: Socket, reply: ControlReply): void {
  if (!client.destroyed && client.writable) client.write(`${jsonLine(reply)}\n`);
}
