/** The byte before a struct of a Yjs update, which is the same in both encodings: three flags, and in the low five bits what it holds. */
export const HAS_ORIGIN = 0x80;
export const HAS_RIGHT_ORIGIN = 0x40;
export const HAS_KEY = 0x20;
export const KIND = 0x1f;

export const GC = 0;
export const SKIP = 10;

/** Of the kinds of types these carry a name: XML elements and hooks. */
export const NAMED_TYPES: ReadonlySet<number> = new Set([3, 5]);
/** How many kinds of types there are. */
export const TYPES = 7;
