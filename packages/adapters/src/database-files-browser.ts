/** A browser's database has no files that anybody could see. */
export const checkDatabaseFiles = (_directory: string): Promise<void> => Promise.resolve();
