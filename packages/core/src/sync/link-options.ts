/** What a link is made of. */
import type { Clock, DeviceId, Logger, Random } from '../base/index.ts';
import type { Transport } from './transport.ts';

export interface LinkOptions {
  readonly transport: Transport;
  readonly device: { readonly id: DeviceId; readonly name: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Bytes of a folder's records that the peer may send before they are durable here. Default: 8 MiB. */
  readonly receiveBytes?: number | undefined;
}
