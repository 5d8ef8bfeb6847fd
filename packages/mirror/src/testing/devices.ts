/** The devices of one test, ended with it. */
import { afterEach } from 'vitest';
import type { FolderId } from '@evermesh/core';
import { TestDevice } from './test-device.ts';

export interface Devices {
  make(id?: FolderId): Promise<TestDevice>;
  pair(options?: Parameters<typeof TestDevice.pair>[0]): Promise<[TestDevice, TestDevice]>;
}

/** Called once a test file. */
export function testDevices(): Devices {
  const made: TestDevice[] = [];
  afterEach(async () => {
    for (const device of made.splice(0)) await device.end();
  });
  return {
    async make(id) {
      const device = await TestDevice.make(id);
      made.push(device);
      return device;
    },
    async pair(options) {
      const devices = await TestDevice.pair(options);
      made.push(...devices);
      return devices;
    },
  };
}
