/** What every command is handed: where things lie, where its words go, and when to stop. */
import type { Logger } from '@evermesh/core/base';
import type { Config } from './config.ts';
import type { Directories } from './directories.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  readonly config: Config;
  readonly directories: Directories;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}
