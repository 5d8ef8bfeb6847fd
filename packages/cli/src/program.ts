/** The commands and their options, as `--help` shows them. Every action answers with an exit code. */
import { Command } from 'commander';
import { EXIT_CODES_HELP, type ExitCode } from './exit-codes.ts';
import type { CommandContext } from './command-context.ts';
import { conflicts } from './commands/conflicts.ts';
import { diff } from './commands/diff.ts';
import { doctor, type DoctorFlags } from './commands/doctor.ts';
import { log, type LogFlags } from './commands/log.ts';
import { ls } from './commands/ls.ts';
import { paths } from './commands/paths.ts';
import { relay, type RelayFlags } from './commands/relay.ts';
import { resolve, type ResolveFlags } from './commands/resolve.ts';
import { restore, type RestoreFlags } from './commands/restore.ts';
import { status, type StatusFlags } from './commands/status.ts';
import { sync, type SyncFlags } from './commands/sync.ts';
import { trash } from './commands/trash.ts';
import { up, type UpFlags } from './commands/up.ts';
import { verify } from './commands/verify.ts';
import { versions, type VersionsFlags } from './commands/versions.ts';

/** Options that every command has. */
export interface CommonFlags {
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

export type Action = (context: CommandContext) => Promise<ExitCode>;

export interface ProgramOptions {
  readonly version: string;
  /** Runs what a command line asked for. */
  readonly run: (flags: CommonFlags, action: Action) => Promise<void>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

export const COMMANDS = [
  'relay',
  'up',
  'sync',
  'status',
  'ls',
  'log',
  'versions',
  'diff',
  'restore',
  'trash',
  'conflicts',
  'resolve',
  'verify',
  'doctor',
  'paths',
] as const;

const RELAY_HELP = 'the relay, ws://HOST:PORT or wss://HOST; remembered';
const KEEP_VERSIONS_HELP =
  'all, or how long all, one a day, one in 30 days: 7d/90d/5y; remembered; default: 1d/30d/1y';
const DATA_HELP = `where this directory's store lies; remembered`;

export function buildProgram({ version, run, writeOut, writeError }: ProgramOptions): Command {
  const program = new Command('evermesh')
    .description('Keeps folders the same on all devices, works offline, merges when devices meet.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({ writeOut, writeErr: writeError, outputError: () => {} })
    .showSuggestionAfterError(true)
    .addHelpText('after', EXIT_CODES_HELP);

  const command = (name: (typeof COMMANDS)[number], description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--json', 'print one event a line, for programs')
      .option('--verbose', 'log more to stderr')
      .addHelpText('after', EXIT_CODES_HELP);

  command('relay', 'store and forward for devices, until stopped')
    .option('--listen <host:port>', 'where to listen; port 0 takes a free one', '127.0.0.1:8787')
    .option('--data <dir>', 'where the relay keeps what it stores')
    .option('--token-file <file>', 'serve those who know the token in this file; read again when it changes')
    .option('--jwt-secret-file <file>', 'serve who has a token (JWT) signed with the secret in this file')
    .option('--jwks <url>', 'serve who has a token (JWT) signed with a key of the set at this address')
    .option('--allow-everyone', 'serve everyone on this computer; only on a loopback address')
    .option('--tls-cert <file>', 'the certificate for wss://, PEM; read again when it changes')
    .option('--tls-key <file>', 'its key')
    .option('--allowed-host <name>', 'a further name under which the relay is reached; repeatable', collected)
    .option('--allowed-origin <origin>', 'a web page that may use the relay; repeatable', collected)
    .option('--trusted-proxy <address>', 'a proxy that says truly who is behind it; repeatable', collected)
    .option('--metrics <host:port>', 'where to answer Prometheus; only on a loopback address')
    .option('--folder-bytes <bytes>', 'the most that a folder may store, like 20GiB; default: no limit')
    .option('--keep-days <days>', 'how long each save is kept; of older ones what they come to', '30')
    .action((flags: RelayFlags & CommonFlags) => run(flags, (context) => relay(flags, context)));

  directoryOptions(command('up', 'keep a directory in step until stopped')).action(
    (directory: string, flags: UpFlags & CommonFlags) =>
      run(flags, (context) => up(directory, flags, context)),
  );

  directoryOptions(command('sync', 'bring a directory in step once, then exit'))
    .option('--wait <seconds>', 'how long to try to reach the relay', '10')
    .action((directory: string, flags: SyncFlags & CommonFlags) =>
      run(flags, (context) => sync(directory, flags, context)),
    );

  command('status', 'say what is in step, what waits, and what needs a person')
    .argument('[dir]', 'the directory, or one inside it', '.')
    .option('--ignored', 'list what is not synced, and why')
    .action((directory: string, flags: StatusFlags & CommonFlags) =>
      run(flags, (context) => status(directory, flags, context)),
    );

  command('ls', 'list what the folder has in a directory')
    .argument('[dir]', 'the directory, or one inside it', '.')
    .action((directory: string, flags: CommonFlags) => run(flags, (context) => ls(directory, context)));

  command('log', 'tell what happened, the last first')
    .argument('[path]', 'a directory or file, also one that was removed', '.')
    .option('-n, --number <count>', 'so many changes at most', '50')
    .action((path: string, flags: LogFlags & CommonFlags) =>
      run(flags, (context) => log(path, flags, context)),
    );

  command('versions', 'list what a file held')
    .argument('<file>', 'the file, also one that was removed')
    .option('--all', 'also what was written without a pause, step by step')
    .action((file: string, flags: VersionsFlags & CommonFlags) =>
      run(flags, (context) => versions(file, flags, context)),
    );

  command('diff', 'show what the last version of a file changed, or what differs between two')
    .argument('<file>', 'the file, also one that was removed')
    .argument('[from]', 'a version, by the beginning of its id; default: the one before')
    .argument('[to]', 'another one; default: the last')
    .action((file: string, from: string | undefined, to: string | undefined, flags: CommonFlags) =>
      run(flags, (context) => diff(file, { from, to }, context)),
    );

  command('restore', 'bring back what was removed, or a version of a file')
    .argument('<path>', 'where it was')
    .option('--at <id>', 'let the file hold this version again; the beginning of its id is enough')
    .option('--removed <id>', 'this entry of the trash, where several were at the path')
    .option('--to <path>', 'bring it there instead')
    .action((path: string, flags: RestoreFlags & CommonFlags) =>
      run(flags, (context) => restore(path, flags, context)),
    );

  command('trash', 'list what was removed and can be brought back')
    .argument('[dir]', 'the directory, or one inside it', '.')
    .action((directory: string, flags: CommonFlags) => run(flags, (context) => trash(directory, context)));

  command('conflicts', 'list of what two versions are kept')
    .argument('[dir]', 'the directory, or one inside it', '.')
    .action((directory: string, flags: CommonFlags) =>
      run(flags, (context) => conflicts(directory, context)),
    );

  command('resolve', 'settle which content of a file in conflict is meant')
    .argument('<file>', 'the file')
    .option('--keep <id>', 'this one of the others, or `shown`: what stands at the path')
    .option('--all', 'all of them: each of the others becomes a file beside it')
    .action((file: string, flags: ResolveFlags & CommonFlags) =>
      run(flags, (context) => resolve(file, flags, context)),
    );

  command('verify', 'compare disk, documents and store, and name each difference')
    .argument('[dir]', 'the directory, or one inside it', '.')
    .action((directory: string, flags: CommonFlags) => run(flags, (context) => verify(directory, context)));

  command('doctor', 'say what is damaged in the store of a directory, and repair it')
    .argument('[dir]', 'the directory, or one inside it', '.')
    .option('--repair', 'repair it: from what survives, from the relay, and from what is on disk')
    .option('--wait <seconds>', 'with --repair, how long to try to reach the relay', '10')
    .action((directory: string, flags: DoctorFlags & CommonFlags) =>
      run(flags, (context) => doctor(directory, flags, context)),
    );

  command('paths', 'say where things lie')
    .argument('[dir]', 'a directory that is kept in step')
    .action((directory: string | undefined, flags: CommonFlags) =>
      run(flags, (context) => paths(directory, context)),
    );
  return program;
}

const collected = (value: string, before: readonly string[] = []): string[] => [...before, value];

const directoryOptions = (command: Command): Command =>
  command
    .argument('<dir>', 'the directory; it is made if it does not exist')
    .option('--relay <url>', RELAY_HELP)
    .option('--folder <id>', 'join this folder of another device; without it a new one is made')
    .option('--data <dir>', DATA_HELP)
    .option('--token-file <file>', `a file with the relay's token; its path is remembered`)
    .option('--device-name <name>', `what people see of this device; default: the host's name`)
    .option('--keep-versions <times>', KEEP_VERSIONS_HELP)
    .option('--case-sensitive', 'of a new folder: Makefile and makefile are two names in it, for good')
    .option('--allow-mass-deletion', 'go on although most files are gone, because that was meant')
    .option('--join-again', 'take the directory as new although its mark is gone; nothing is deleted');
