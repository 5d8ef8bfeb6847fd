/** A browser's database has no files that anybody could see, and syncs what it says it has. */
export class DatabaseFiles {
  check(): Promise<boolean> {
    return Promise.resolve(false);
  }

  notOpened(): Promise<boolean> {
    return Promise.resolve(false);
  }

  opened(): Promise<void> {
    return Promise.resolve();
  }

  cover(): Promise<void> {
    return Promise.resolve();
  }

  closed(): Promise<void> {
    return Promise.resolve();
  }

  written(): Promise<void> {
    return Promise.resolve();
  }
}
