import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { silentLogger } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { LinkSocket } from './link-socket.ts';
import { BlobPeer } from './testing/blob-peer.ts';
import { deviceId } from './testing/test-folder.ts';

test('a transport that throws at once is a relay that cannot be reached, and no timer is left', () => {
  const clock = new VirtualClock();
  const closed: (EvermeshError | undefined)[] = [];
  const connect = (): never => {
    throw new Error('An insecure connection may not be opened from a secure page.');
  };
  const socket = new LinkSocket(
    {
      transport: { address: 'ws://relay.example/', token: '', connect, blobs: new BlobPeer() },
      device: { id: deviceId(1), name: 'Anna' },
      clock,
      random: seededRandom(1),
      logger: silentLogger,
    },
    { welcomed: () => undefined, closed: (why) => closed.push(why) },
  );
  socket.connect();
  expect(closed).toMatchObject([{ code: 'LINK_UNREACHABLE' }]);
  expect(closed[0]?.message).toContain('insecure connection');
  expect(clock.waiting).toBe(0);
});
