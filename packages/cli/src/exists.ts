import { stat } from 'node:fs/promises';

/** Whether something is at a path, and can be reached. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
