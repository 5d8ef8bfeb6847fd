/** A browser's database has no files that anybody could see. */
export const checkDatabaseFiles = (_directory: string, _isLocked: () => Promise<boolean>): Promise<void> =>
  Promise.resolve();
export const databaseClosed = (_directory: string): Promise<void> => Promise.resolve();
