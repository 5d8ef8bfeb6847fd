/** Errors as LevelDB's binding throws them: whoever names those of LevelDB names these alike. */

export const ioError = (why: string, cause?: unknown): Error =>
  withCode('LEVEL_IO_ERROR', `IO error: ${why}`, cause);

export const corruption = (what: string): Error => withCode('LEVEL_CORRUPTION', `Corruption: ${what}`);

const withCode = (code: string, message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code });
