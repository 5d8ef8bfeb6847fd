/** What LevelDB calls its files. */

/** Files that hold rows, or say which of the others do. */
export const HOLDS_ROWS: RegExp = /^(MANIFEST-\d+|\d+\.(ldb|sst|log))$/;
export const TABLE: RegExp = /^(\d+)\.(?:ldb|sst)$/;
export const LOG: RegExp = /^(\d+)\.log$/;
