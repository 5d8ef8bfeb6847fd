/** A codec that knows no Yjs, and a clock that lets nobody wait: for what a relay does with records, whatever is in them. */
import { type Clock, utf8 } from '@evermesh/core/base';
import type { BodyCodec } from '@evermesh/core/log';

/** Bodies are any bytes, and a state is how many there were. */
export const counting: BodyCodec = {
  history: () => {
    throw new TypeError('Nobody asks for a history here.');
  },
  fold(state) {
    let bytes = state === undefined ? 0 : Number(new TextDecoder().decode(state));
    return {
      add: (bodies) => bodies.forEach((body) => (bytes += body.byteLength)),
      addState: (other) => (bytes += Number(new TextDecoder().decode(other))),
      finish: () => utf8(String(bytes)),
    };
  },
};

export const AT_ONCE: Clock = {
  now: () => 0,
  after(_milliseconds, run) {
    queueMicrotask(run);
    return { cancel: () => undefined };
  },
};
