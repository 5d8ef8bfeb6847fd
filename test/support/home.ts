import { join } from 'node:path';

/** The environment of one device or relay: all that it remembers lies in a home of its own. */
export const homeOf = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: home,
  XDG_STATE_HOME: join(home, 'state'),
  XDG_DATA_HOME: join(home, 'share'),
  XDG_RUNTIME_DIR: join(home, 'run'),
});
