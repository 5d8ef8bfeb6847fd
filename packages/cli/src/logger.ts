/** Logs for operators: JSON lines on stderr. The layers log ids and sizes only; a token never comes near a logger. */
import type { Logger } from '@evermesh/core/base';
import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn';

export function openLogger(level: LogLevel): Logger {
  // Synchronous: the last lines before an end are the ones that matter.
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  };
}
