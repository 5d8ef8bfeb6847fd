/** The SHA-256 of the bytes that a content is on disk, in hexadecimal: what the ancestor knows a content by. */
import { hash } from 'node:crypto';
import type { FileContent } from '@evermesh/core';
import { utf8 } from '@evermesh/core/base';

export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

export const digestOfContent = (content: FileContent): string =>
  content.kind === 'blob' ? content.name : sha256Hex(utf8(content.text));
