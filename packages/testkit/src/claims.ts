/** What a suite says must be so. Plain errors, so that the suites run in every test runner, in browsers too. */
import { toHex } from '@evermesh/core/base';
import { type ErrorCode, isEvermeshError } from '@evermesh/core/errors';

/** @throws Error if the two differ; bytes are compared by what they hold */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, shouldBe] = [written(actual), written(expected)];
  if (is !== shouldBe) throw new Error(`${what}: it is ${is}, and should be ${shouldBe}.`);
}

/** @throws Error if the promise is kept, or broken with another code; without `code`, any error will do */
export async function fails(
  promise: Promise<unknown>,
  code: ErrorCode | undefined,
  what: string,
): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason ?? new Error('nothing'),
  );
  if (error === undefined) throw new Error(`${what}: it should fail.`);
  if (code === undefined || isEvermeshError(error, code)) return;
  throw new Error(`${what}: it should fail with ${code}.`, { cause: error });
}

const written = (value: unknown): string => JSON.stringify(value, bytesAsText) ?? 'undefined';

/** A replacer. It looks at what the object holds: some arrays of bytes have a `toJSON` of their own. */
function bytesAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const held = this[key];
  return held instanceof Uint8Array ? `bytes ${toHex(held)}` : value;
}
