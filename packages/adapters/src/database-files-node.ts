/** What is looked at in a database's directory before LevelDB is, and when it has ended. */
export { checkDatabaseFiles, databaseClosed } from './level-files/check-files.ts';
