/** What a person can do about each error. docs/errors.md tells the same at length; a code without a step does not compile. */
import {
  type ErrorCode,
  type ErrorDetails,
  type EvermeshError,
  isEvermeshError,
} from '@evermesh/core/errors';
import { storeError } from '@evermesh/core/log';

export const NEXT_STEPS: Readonly<Record<ErrorCode, string>> = {
  STORE_LOCKED: `Stop the other evermesh process that uses this data directory, or wait until it has ended.`,
  STORE_CORRUPT: `Run 'evermesh doctor DIR': it says what is damaged and what can be brought back. With --repair it does so, and keeps what it replaces.`,
  STORE_CLOSED: `Run the command again.`,
  STORE_FAILED: `Check free space and permissions of the data directory, then run the command again.`,
  FORMAT_TOO_NEW: `Update evermesh on this computer: a newer version wrote this data.`,
  DEVICE_FORKED: `Move the data directory away and keep it ('evermesh paths DIR' names it), then run 'evermesh up DIR' again: the folder comes from the relay, and what only this disk has is taken in.`,
  RECORD_GAP: `Nothing: the missing records are asked for again. If it stays, run 'evermesh verify'.`,
  RECORD_MALFORMED: `Update evermesh on all devices. If it stays, run 'evermesh verify' on the device that sent the record.`,
  UPDATE_MALFORMED: `Update evermesh on all devices. If it stays, run 'evermesh verify' on the device that sent the record.`,
  FOLDER_NOT_FOUND: `Check the folder id: 'evermesh status' on a device that has the folder shows it. That device must have reached the relay once.`,
  FOLDER_NOT_READY: `Wait until the relay can be reached; the folder arrives then.`,
  PATH_INVALID: `Rename the file or directory.`,
  PATH_NOT_FOUND: `Nothing: it is looked at again with the next change.`,
  PATH_EXISTS: `Rename one of the two.`,
  PATH_NOT_DIRECTORY: `Rename the file that stands where a directory is needed.`,
  PATH_IS_DIRECTORY: `Rename the directory that stands where a file is needed.`,
  PATH_NOT_EMPTY: `Look at what is left inside the directory.`,
  PATH_MOVE_INTO_SELF: `Choose a target outside the directory that is moved.`,
  DOCUMENT_NAME_INVALID: `Use 1 to 60 of the characters A-Z a-z 0-9 . _ ~ - for the document's name.`,
  CONTENT_NOT_HERE: `Wait until the device that has the content has reached the relay.`,
  CONTENT_TOO_LARGE: `Keep the file outside the folder, or list it in .evermeshignore.`,
  VERSION_NOT_FOUND: `See which versions there are: evermesh versions PATH.`,
  CONFLICT_NOT_FOUND: `See what is in conflict: evermesh conflicts DIR.`,
  CONFLICT_CHANGED: `See what is in conflict now: evermesh conflicts DIR.`,
  CHANGES_OVERFLOW: `Run the command again.`,
  BLOB_NOT_FOUND: `Wait until the device that has the content has reached the relay.`,
  BLOB_DAMAGED: `Nothing: it is fetched again. If it stays, check the disk and run 'evermesh verify'.`,
  MESSAGE_BEYOND_CREDIT: `Update evermesh on this computer and at the relay.`,
  MESSAGE_MALFORMED: `Check that the address is an evermesh relay, and that both run the same version.`,
  MESSAGE_TOO_LARGE: `Update evermesh on this computer and at the relay.`,
  MESSAGE_UNEXPECTED: `Update evermesh on this computer and at the relay.`,
  PROTOCOL_UNSUPPORTED: `Update evermesh where it is older: on this computer or at the relay.`,
  AUTH_REQUIRED: `Give the relay's token in a file: --token-file FILE.`,
  AUTH_DENIED: `Check that the token file holds a token that the relay takes. What was done here is kept; an 'up' that runs reads the file again by itself.`,
  AUTH_EXPIRED: `Put a new token into the token file: an 'up' that runs reads it by itself. What was done here is kept, and sent then.`,
  AUTH_UNAVAILABLE: `At the relay: see that the address of --jwks answers. It is tried again by itself, and what was done here is kept.`,
  QUOTA_EXCEEDED: `At the relay: allow folders more, --folder-bytes. What was done here is kept, and sent then.`,
  ORIGIN_REFUSED: `Use the address that the relay listens on, or start the relay with --allowed-host NAME for this one; web pages need --allowed-origin.`,
  LINK_CLOSED: `Nothing: the connection is made again.`,
  LINK_UNREACHABLE: `Check that the relay runs and that its address is right. Work goes on here, and is sent once the relay is back.`,
  RELAY_PORT_IN_USE: `Stop what listens there, or choose another port with --listen or --metrics: 127.0.0.1:0 takes a free one.`,
  RELAY_NOT_TLS: `Write ws:// if the relay is meant to be reached without TLS, or give the address and port at which TLS answers for it.`,
  RELAY_UNSAFE: `Give a token in a file: --token-file FILE. Without one a relay serves only this computer: --allow-everyone on 127.0.0.1. Metrics are answered there only: --metrics 127.0.0.1:9464.`,
  RELAY_BUSY: `Nothing: it is tried again. If it stays, the relay counts too many connections from here: it may have to be told of the proxy in front of it, --trusted-proxy.`,
  RELAY_DRAINING: `Nothing: the connection is made again once the relay is back.`,
  RELAY_DAMAGED: `At the relay: start the version that wrote its data, or move its data directory away, so that devices refill it. What was done here is kept.`,
  MIRROR_HALTED: `Bring back what is missing. If it was removed on purpose, run the command again with --allow-mass-deletion.`,
  MIRROR_ROOT_INVALID: `Check the directory: it must exist, be readable and writable, have room, and belong to this folder.`,
  MIRROR_LOCKED: `Stop the other evermesh process that mirrors this directory.`,
  CONFIG_INVALID: `See 'evermesh --help'.`,
  INTERNAL: `This is a mistake in evermesh. Run 'evermesh verify', and report it with the message above.`,
};

/** An error as every command shows it: a stable code, what happened, and what to do. Never a stack, never a secret. */
export interface Explained {
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string;
}

/** What a halted mirror needs depends on why it halted. */
function haltStep({ removed, folder }: ErrorDetails): string {
  if (removed !== undefined) return NEXT_STEPS.MIRROR_HALTED;
  if (folder !== undefined)
    return `Choose another directory. If this one was moved here, join it anew: --folder ${folder}`;
  return `Bring the directory back. To begin anew with what is there, run the command again with --join-again; it deletes nothing.`;
}

export function explain(error: unknown): Explained {
  const known = isEvermeshError(error) ? error : storeFailure(error);
  if (known !== undefined) {
    const { code, message, details } = known;
    const { next } = details;
    const step = code === 'MIRROR_HALTED' ? haltStep(details) : NEXT_STEPS[code];
    return { code, message, next: typeof next === 'string' ? next : step };
  }
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    next: NEXT_STEPS.INTERNAL,
  };
}

/** A database that fails while it is read says so in its own words. */
function storeFailure(error: unknown): EvermeshError | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && code.startsWith('LEVEL_') ? storeError(error) : undefined;
}
