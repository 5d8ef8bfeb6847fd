/** Broken system calls need strace, and so have a configuration of their own that `npm test` does not know. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { conditions } from '../../vitest.config.ts';

const MINUTE = 60_000;

export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'broken-disk',
    include: ['test/broken-disk/*.test.ts'],
    testTimeout: 10 * MINUTE,
    hookTimeout: MINUTE,
  },
});
