/** Power cuts need root and xfsprogs, and so have a configuration of their own that `npm test` does not know. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { conditions } from '../../vitest.config.ts';

const MINUTE = 60_000;

export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'power-cuts',
    include: ['test/kills/power-cut.test.ts', 'test/kills/log/power-cut.test.ts'],
    // As many cuts as are asked for.
    testTimeout: 60 * MINUTE,
    hookTimeout: MINUTE,
  },
});
