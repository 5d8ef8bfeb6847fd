/** Whole devices of Evermesh at its relay, since what they do costs time as well: opened, connected, closed. */
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type Link, openReplica, type Replica } from '@evermesh/core';

export const deviceAt = (directory: string, name: string): Promise<Replica> =>
  openReplica({
    store: levelStore(join(directory, name)),
    blobs: fileBlobs(join(directory, `${name}-blobs`)),
    compaction: { runner: threadCompaction() },
    deviceName: name,
  });

export const connectTo = (device: Replica, port: number): Link =>
  device.connect(webSocketTransport(`ws://127.0.0.1:${port}`));
