/**
 * What a file was. A version is named by heads of its document, so it is the same content on each device that has what these cover,
 * whatever the order in which records arrived there.
 */
import { type DeviceId, toHex, utf8 } from '../../base/index.ts';
import { type HistoryStep, isGiven } from '../../log/index.ts';
import type { FileContent } from '../../model/index.ts';
import { headDigest, type Heads } from '../../protocol/index.ts';
import { deviceIn } from './grouped-steps.ts';

/** Names a version, here and elsewhere. */
export interface VersionName {
  /** Of the file's document. */
  readonly heads: Heads;
  /** Which of the contents that were kept beside the shown one. Default: the one that was shown. */
  readonly other?: string | undefined;
}

export interface FileVersion extends VersionName {
  /** The name as a word, for people and command lines. */
  readonly id: string;
  /** Milliseconds since 1970 by the clock of its author; none where nobody knows. */
  readonly time?: number;
  /** The device that made it; none where several did, or nobody knows. */
  readonly device?: DeviceId;
  readonly kind: FileContent['kind'];
  /** In bytes. */
  readonly size: number;
}

export function fileVersion(step: HistoryStep, content: FileContent, other: string | undefined): FileVersion {
  const { heads, time } = step;
  const device = isGiven(step) ? undefined : deviceIn(step);
  const word = toHex(headDigest(0, heads));
  return {
    id: other === undefined ? word : `${word}~${other}`,
    heads,
    ...(other === undefined ? {} : { other }),
    ...(time === 0 ? {} : { time }),
    ...(device === undefined ? {} : { device }),
    kind: content.kind,
    size: content.kind === 'blob' ? content.size : utf8(content.text).byteLength,
  };
}
