/**
 * What the command takes from its environment: where state and data lie, the host's name, and whether colour is
 * wanted. The only place that reads environment variables; everything else is handed these values.
 */
import { homedir, hostname, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface Config {
  /** Which directories are mirrored and with what: small files. */
  readonly state: string;
  /** Stores and blobs. */
  readonly data: string;
  /** Directories that may hold control sockets, best first. A socket's path must be short, hence more than one. */
  readonly runtime: readonly string[];
  readonly hostName: string;
  readonly home: string;
  readonly noColor: boolean;
}

export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly hostName: string;
  readonly temporary: string;
  readonly userId: number;
}

export function readConfig(environment: Environment = currentEnvironment()): Config {
  const { variables, home, hostName, temporary, userId } = environment;
  const runtime = absolute(variables['XDG_RUNTIME_DIR']);
  return {
    state: join(absolute(variables['XDG_STATE_HOME']) ?? join(home, '.local', 'state'), 'evermesh'),
    data: join(absolute(variables['XDG_DATA_HOME']) ?? join(home, '.local', 'share'), 'evermesh'),
    runtime: [
      ...(runtime === undefined ? [] : [join(runtime, 'evermesh')]),
      // The name holds the user's id: somebody else's directory of that name is refused, not shared.
      join(temporary, `evermesh-${userId}`),
    ],
    // A host's name may carry its domain; people see the first part.
    hostName: hostName.split('.')[0] || 'device',
    home,
    noColor: (variables['NO_COLOR'] ?? '') !== '',
  };
}

/** The XDG specification: a relative path in these variables is invalid and is ignored. */
const absolute = (value: string | undefined): string | undefined =>
  value !== undefined && isAbsolute(value) ? value : undefined;

const currentEnvironment = (): Environment => ({
  variables: process.env,
  home: homedir(),
  hostName: hostname(),
  temporary: tmpdir(),
  userId: process.getuid?.() ?? 0,
});
