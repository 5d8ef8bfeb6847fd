/** How a simulated device reaches a relay: frames on a line, and blobs by requests beside it. */
import type { BlobName, Connection, FolderId, RemoteBlobs, Transport } from '@evermesh/core';
import { gather, inOnePiece, sha256, toHex } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { checkedGrant, toldError } from '@evermesh/server/sessions';
import { endOf, type SimNetwork, unreachable } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';
import type { RunningRelay, SimRelay } from './sim-relay.ts';

/** Milliseconds until a request that nobody answers is given up. */
const PATIENCE = 30_000;
const PIECE = 16 * 1024;

export function simTransport(process: SimProcess, network: SimNetwork, relay: SimRelay): Transport {
  return {
    address: `sim://${relay.name}/`,
    token: relay.tokenOf(process.parts.name),
    connect: (events) => {
      let isOver = false;
      const close = (): void => {
        isOver = true;
      };
      const connection: { -readonly [Key in keyof Connection]: Connection[Key] } = {
        send: () => undefined,
        buffered: 0,
        close,
      };
      process.later(network.delay(0), () => {
        if (isOver) return;
        // Nobody answers, and nobody says that nobody does.
        if (!network.reaches(process.parts.name, relay.name)) return;
        const listening = relay.running;
        if (listening === undefined) return events.closed(unreachable('Nobody listens there.'));
        const line = network.line(process, listening.process);
        line.attach('caller', endOf(events));
        relay.accept(line);
        connection.send = (frame) => line.send('caller', frame);
        Object.defineProperty(connection, 'buffered', { get: () => line.buffered('caller') });
        connection.close = () => line.close('caller');
        events.opened();
      });
      return {
        send: (frame) => connection.send(frame),
        get buffered() {
          return connection.buffered;
        },
        close: () => connection.close(),
      };
    },
    blobs: remoteBlobs(process, network, relay),
  };
}

function remoteBlobs(process: SimProcess, network: SimNetwork, relay: SimRelay): RemoteBlobs {
  const token = relay.tokenOf(process.parts.name);
  const ask = <T>(bytes: number, signal: AbortSignal, act: (relay: RunningRelay) => Promise<T>): Promise<T> =>
    request({ process, network, relay, bytes, signal, act });
  return {
    has: (folder, name, signal) =>
      ask(
        100,
        signal,
        async (at) => (await (await granted(at, token, folder, 'read')).size(folder, name)) !== undefined,
      ),
    async *get(folder, name, offset, signal) {
      const bytes = await ask(100, signal, async (at) => {
        const blobs = await granted(at, token, folder, 'read');
        if ((await blobs.size(folder, name)) === undefined)
          throw new EvermeshError('BLOB_NOT_FOUND', `The folder has no blob ${name} here.`);
        return allOf(blobs.read(folder, name, offset));
      });
      for (let at = 0; at < bytes.byteLength; at += PIECE) {
        yield await ask(PIECE, signal, () => Promise.resolve(bytes.subarray(at, at + PIECE)));
      }
    },
    async put(folder, name, size, bytes, signal) {
      const whole = await allOf(bytes);
      await ask(size, signal, async (at) => {
        await (await granted(at, token, folder, 'write')).put(folder, name, inOnePiece(whole));
        relay.disk.promises([name]);
      });
    },
    async *getMany(folder, names, signal) {
      const found = await ask(names.length * 32, signal, async (at) => {
        const blobs = await granted(at, token, folder, 'read');
        const answers = [];
        for (const name of new Set(names)) answers.push(await blobs.batched(folder, name));
        return answers.filter((answer) => answer !== undefined);
      });
      yield* found;
    },
    putMany: (folder, blobs, signal) =>
      ask(
        blobs.reduce((sum, { size }) => sum + size, 0),
        signal,
        async (at) => {
          const sound = blobs.filter(({ name, bytes }) => (toHex(sha256(bytes)) as BlobName) === name);
          await (await granted(at, token, folder, 'write')).putMany(folder, sound);
          relay.disk.promises(sound.map(({ name }) => name));
        },
      ),
    lacking: (folder, names, signal) =>
      ask(names.length * 32, signal, async (at) =>
        (await granted(at, token, folder, 'read')).lackingOf(folder, names),
      ),
  };
}

const granted = async (
  { parts }: RunningRelay,
  token: string,
  folder: FolderId,
  needed: 'read' | 'write',
): Promise<RunningRelay['parts']['blobs']> => {
  await checkedGrant(parts.authorizer, token, folder, needed);
  return parts.blobs;
};

interface Request<T> {
  readonly process: SimProcess;
  readonly network: SimNetwork;
  readonly relay: SimRelay;
  readonly bytes: number;
  readonly signal: AbortSignal;
  readonly act: (relay: RunningRelay) => Promise<T>;
}

/** There, done at the relay if it lives to do it, and back. Whoever asked learns at least that it broke off. */
function request<T>({ process, network, relay, bytes, signal, act }: Request<T>): Promise<T> {
  return new Promise<T>((fulfil, refuse) => {
    const abort = (): void => reject(signal.reason as Error);
    const resolve = (result: T): void => {
      signal.removeEventListener('abort', abort);
      fulfil(result);
    };
    const reject = (error: Error): void => {
      signal.removeEventListener('abort', abort);
      refuse(error);
    };
    const broken = (): void => reject(unreachable('The relay cannot be reached for blobs.'));
    if (signal.aborted) return refuse(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    process.later(network.delay(bytes), () => {
      if (signal.aborted) return;
      const at = relay.running;
      if (!network.reaches(process.parts.name, relay.name)) {
        process.later(PATIENCE, broken);
        return;
      }
      if (at === undefined) {
        process.later(network.delay(0), broken);
        return;
      }
      const forget = at.process.onDeath(() => process.later(network.delay(0), broken));
      const back = (answer: () => void): void => {
        forget();
        const isLost = !network.reaches(process.parts.name, relay.name);
        process.later(isLost ? PATIENCE : network.delay(bytes), isLost ? broken : answer);
      };
      act(at).then(
        (result) => back(() => resolve(result)),
        (error: unknown) => back(() => reject(asTold(error, at))),
      );
    });
  });
}

function asTold(error: unknown, { parts }: RunningRelay): EvermeshError {
  const { code, reason } = toldError(error, parts.logger);
  return new EvermeshError(code as EvermeshError['code'], reason);
}

/** Without a bound, all of it. */
const allOf = async (pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> =>
  (await gather(pieces)) as Uint8Array;
