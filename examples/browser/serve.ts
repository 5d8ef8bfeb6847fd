/**
 * Serves the page beside this file and a relay that takes it: a relay refuses every web page whose origin it was not
 * told. Both on this computer only; what the relay stores lies below the directory given as an argument.
 */
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { allowEveryone, openRelay } from '@evermesh/server';
import { context } from 'esbuild';

const HOST = '127.0.0.1';
const PAGE_PORT = 8080;
const RELAY_PORT = 8787;

const directory = process.argv[2];
if (directory === undefined)
  throw new Error('Say where the relay may store: examples/browser/serve.ts DIRECTORY');

const relay = await openRelay({
  store: levelStore(join(directory, 'store')),
  blobs: fileBlobs(join(directory, 'blobs')),
  listen: { host: HOST, port: RELAY_PORT },
  authorizer: allowEveryone,
  compaction: { runner: threadCompaction() },
  allowedOrigins: [`http://${HOST}:${PAGE_PORT}`],
});

// `npx esbuild examples/browser/page.ts --bundle --format=esm` makes the same bundle once packages are built.
const page = await context({
  entryPoints: [join(import.meta.dirname, 'page.ts')],
  bundle: true,
  format: 'esm',
  conditions: ['@evermesh/source'],
  outdir: import.meta.dirname,
  // Served from memory; nothing is written beside the sources.
  write: false,
});
await page.serve({ host: HOST, port: PAGE_PORT, servedir: import.meta.dirname });
console.log(`The page: http://${HOST}:${PAGE_PORT}/  The relay: ${relay.url}  Ctrl-C stops.`);

process.once('SIGINT', () => {
  void Promise.all([page.dispose(), relay.close()]);
});
