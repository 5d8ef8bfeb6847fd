/** A file of many chunks between real processes: kill -9 in the middle of an upload and of a download, and what an edit of it costs. */
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { seededBytes } from './support/seeded-bytes.ts';
import { LoopbackProxy } from './support/loopback-proxy.ts';
import { type TestDevice, World } from './support/world.ts';

const BYTES = 32_000_000;
/** After so many on the wire a process is killed. */
const HALF = 20_000_000;
const FILE = 'film.bin';

/** Counts what passes, and lets nothing more pass from some number on. */
class Gate {
  bytes = 0;
  #limit = Number.POSITIVE_INFINITY;
  #reached: () => void = () => undefined;

  /** Resolves when so many have passed from now on; nothing passes then until the gate is opened. */
  shutAfter(bytes: number): Promise<void> {
    this.bytes = 0;
    this.#limit = bytes;
    return new Promise((resolve) => (this.#reached = resolve));
  }

  open(): void {
    this.bytes = 0;
    this.#limit = Number.POSITIVE_INFINITY;
  }

  readonly handOn = (from: Socket, to: Socket): void => {
    from.on('data', (piece: Buffer) => {
      if (this.bytes >= this.#limit) return;
      this.bytes += piece.length;
      to.write(piece);
      if (this.bytes >= this.#limit) this.#reached();
    });
  };
}

test('a large file goes on where it was when its sender and its receiver are killed, and an edit costs what it changed', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const gate = new Gate();
  const proxy = await LoopbackProxy.open(gate.handOn);
  proxy.target = Number(new URL(relay.url).port);
  const address = `ws://127.0.0.1:${proxy.port}`;
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await laptop.write(FILE, seededBytes(BYTES));

  let half = gate.shutAfter(HALF);
  const sender = laptop.start(['--relay', address]);
  const { id } = await sender.next('folder');
  await half;
  expect((await laptop.kill()).signal).toBe('SIGKILL');
  proxy.cut();
  gate.open();
  expect((await laptop.sync()).report).toMatchObject({ inStep: true });
  expect(gate.bytes).toBeLessThan(BYTES - HALF / 2);

  half = gate.shutAfter(HALF);
  desktop.start(['--relay', address, '--folder', id]);
  await half;
  expect((await desktop.kill()).signal).toBe('SIGKILL');
  proxy.cut();
  gate.open();
  expect((await desktop.sync()).report).toMatchObject({ inStep: true });
  expect(gate.bytes).toBeLessThan(BYTES - HALF / 2);
  expect(await digestOf(desktop)).toBe(await digestOf(laptop));

  await using file = await open(laptop.path(FILE), 'r+');
  await file.write(Uint8Array.of(1, 2, 3), 0, 3, BYTES / 2);
  gate.open();
  for (const device of [laptop, desktop])
    expect((await device.sync()).report).toMatchObject({ inStep: true, conflicts: [], problems: [] });
  expect(gate.bytes).toBeLessThan(300_000);
  expect(await digestOf(desktop)).toBe(await digestOf(laptop));
  await proxy.close();
});

const digestOf = async (device: TestDevice): Promise<string> =>
  createHash('sha256')
    .update(await readFile(device.path(FILE)))
    .digest('hex');
