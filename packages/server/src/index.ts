/** The relay of Evermesh: it stores records, hands them on, and holds no documents. */
export {
  type Access,
  allowEveryone,
  type Authorizer,
  ChangingAuthorizer,
  sharedToken,
} from './authorizer.ts';
export { jwksTokens, secretTokens } from './jwt-authorizer.ts';
export { openRelay, type Relay, type RelayOptions } from './open-relay.ts';
export type { RelayLimits } from './relay-limits.ts';
export type { ListenOptions } from './listening.ts';
export type { TlsCertificate } from './relay-server.ts';
