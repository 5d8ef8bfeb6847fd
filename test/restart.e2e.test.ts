/** A relay that is stopped and started again while people work: nothing is lost, and everything is told as it is. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { World } from './support/world.ts';

const ROUNDS = 3;
const FILES = 40;

test('a relay that is stopped again and again under load ends in good order, and loses nothing', async () => {
  const world = await World.open();
  const relay = await world.relay('relay', ['--allow-everyone', '--metrics', '127.0.0.1:0']);
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await laptop.write('a.txt', 'a\n');
  const folder = await laptop.up(['--relay', relay.url]);
  await desktop.up(['--relay', relay.url, '--folder', folder]);
  const written = new Map([['a.txt', 'a\n']]);
  for (let round = 0; round < ROUNDS; round++) {
    const work = async (): Promise<void> => {
      for (let at = 0; at < FILES; at++) {
        const [path, text] = [`${round}/${at}.txt`, `${round} ${at}\n`.repeat(100)];
        await (at % 2 === 0 ? laptop : desktop).write(path, text);
        written.set(path, text);
      }
    };
    const working = work();
    // In the middle: something of this round has reached the relay.
    await desktop.running.next('change', ({ direction }) => direction === 'received');
    const ended = await relay.stop();
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended?.events.at(-1)).toMatchObject({ event: 'stopped' });
    await working;
    await relay.start();
  }
  for (const device of [laptop, desktop, laptop]) {
    const { report } = await device.sync(['--wait', '60']);
    expect(report).toMatchObject({ inStep: true, pending: { toRelay: 0, fromRelay: 0 } });
  }
  const { metrics } = relay.running.events.find(({ event }) => event === 'listening')!;
  const text = await (await fetch(`${metrics as string}/metrics`)).text();
  expect(text).toContain('evermesh_relay_connections 2');
  const third = world.device('third');
  expect((await third.sync(['--relay', relay.url, '--folder', folder])).code).toBe(0);
  for (const device of [laptop, desktop, third]) {
    for (const [path, content] of written) expect(await readFile(device.path(path), 'utf8')).toBe(content);
    expect((await device.verify()).report).toMatchObject({ disk: [], store: [] });
  }
});
