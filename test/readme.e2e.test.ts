/** The program that the README shows does what it says, against a relay as the README starts one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { memoryStore } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type FolderId, openReplica } from '@evermesh/core';
import { expect, onTestFinished, test } from 'vitest';
import { codeIn, readPage, REPOSITORY } from './support/pages.ts';
import { World } from './support/world.ts';

const RELAY = 'ws://127.0.0.1:8787';
const FROM_SOURCES = ['--conditions=@evermesh/source', '--import', import.meta.resolve('tsx')];

test('the program in the README stores a note, names its folder, and hears of an edit elsewhere', async () => {
  const world = await World.open();
  const relay = await world.relay('relay', ['--allow-everyone']);
  const [program = ''] = codeIn(await readPage('README.md'), 'ts');
  expect(program).toContain(`'${RELAY}'`);
  await symlink(join(REPOSITORY, 'node_modules'), world.path('node_modules'));
  await writeFile(world.path('program.mts'), program.replace(RELAY, relay.url));

  const running = spawn(process.execPath, [...FROM_SOURCES, 'program.mts'], {
    cwd: world.root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(running, 'close');
  onTestFinished(async () => {
    running.kill('SIGKILL');
    await closed;
  });
  const complaint = text(running.stderr);
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { done, value } = await lines.next();
    return done === true ? `it ended: ${await complaint}` : value;
  };

  const [, id] = /^to join elsewhere: ([0-9a-f]{32})$/.exec(await nextLine()) ?? [];
  expect(id).toBeDefined();
  await using phone = await openReplica({ store: memoryStore() });
  const notes = await phone.joinFolder(id as FolderId);
  const link = phone.connect(webSocketTransport(relay.url));
  await notes.whenReady();
  await link.whenSynced();
  expect(await notes.readFile('todo/today.md', 'utf8')).toBe('- water the plants\n');
  await notes.writeFile('todo/today.md', '- water the plants\n- call Anna\n');
  expect(await nextLine()).toBe('remote edited todo/today.md');
});
