/**
 * Every error code. Stable within a major version; `docs/errors.md` explains each, and a test keeps the two equal.
 * `retryable`: the same call may succeed later without anybody changing anything.
 */
export const ERROR_CODES = {
  STORE_LOCKED: { retryable: true },
  STORE_CORRUPT: { retryable: false },
  STORE_CLOSED: { retryable: false },
  STORE_FAILED: { retryable: true },
  FORMAT_TOO_NEW: { retryable: false },
  DEVICE_FORKED: { retryable: true },
  RECORD_GAP: { retryable: true },
  RECORD_MALFORMED: { retryable: false },
  UPDATE_MALFORMED: { retryable: false },
  FOLDER_NOT_FOUND: { retryable: false },
  FOLDER_NOT_READY: { retryable: true },
  PATH_INVALID: { retryable: false },
  PATH_NOT_FOUND: { retryable: false },
  PATH_EXISTS: { retryable: false },
  PATH_NOT_DIRECTORY: { retryable: false },
  PATH_IS_DIRECTORY: { retryable: false },
  PATH_NOT_EMPTY: { retryable: false },
  PATH_MOVE_INTO_SELF: { retryable: false },
  DOCUMENT_NAME_INVALID: { retryable: false },
  CONTENT_NOT_HERE: { retryable: true },
  CONTENT_TOO_LARGE: { retryable: false },
  VERSION_NOT_FOUND: { retryable: false },
  CONFLICT_NOT_FOUND: { retryable: false },
  CHANGES_OVERFLOW: { retryable: false },
  BLOB_NOT_FOUND: { retryable: true },
  BLOB_DAMAGED: { retryable: true },
  MESSAGE_MALFORMED: { retryable: false },
  MESSAGE_TOO_LARGE: { retryable: false },
  MESSAGE_UNEXPECTED: { retryable: false },
  PROTOCOL_UNSUPPORTED: { retryable: false },
  AUTH_REQUIRED: { retryable: false },
  AUTH_DENIED: { retryable: false },
  AUTH_EXPIRED: { retryable: false },
  AUTH_UNAVAILABLE: { retryable: true },
  ORIGIN_REFUSED: { retryable: false },
  LINK_CLOSED: { retryable: true },
  LINK_UNREACHABLE: { retryable: true },
  RELAY_PORT_IN_USE: { retryable: false },
  RELAY_NOT_TLS: { retryable: false },
  RELAY_UNSAFE: { retryable: false },
  RELAY_DRAINING: { retryable: true },
  RELAY_DAMAGED: { retryable: false },
  MIRROR_HALTED: { retryable: false },
  MIRROR_ROOT_INVALID: { retryable: false },
  MIRROR_LOCKED: { retryable: true },
  CONFIG_INVALID: { retryable: false },
  INTERNAL: { retryable: false },
} as const;
ERROR_CODES satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export const isErrorCode = (value: string): value is ErrorCode => Object.hasOwn(ERROR_CODES, value);
