/** The relay of Evermesh: it stores records, hands them on, and holds no documents. */
export { allowEveryone, type Authorizer, sharedToken } from './authorizer.ts';
export { openRelay, type Relay, type RelayOptions } from './open-relay.ts';
