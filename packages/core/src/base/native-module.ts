/**
 * A module of Node's own, where there is one. It is asked for, not imported: a browser has none, and a bundle for one must not ask.
 * @param name with its prefix `node:`
 */
export const nativeModule = (name: string): unknown =>
  (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process?.getBuiltinModule?.(
    name,
  );
