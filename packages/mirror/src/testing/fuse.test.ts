import { expect, test } from 'vitest';
import { Fuse } from './fuse.ts';

test('what was under way when the fuse blew has ended before anything begins anew, and nothing more is done', async () => {
  const fuse = new Fuse();
  const ended: string[] = [];
  let end = (): void => undefined;
  const asked = new Promise<void>((resolve) => (end = resolve));
  const work = fuse.during(() => asked).then(() => ended.push('what was under way'));
  const blown = fuse.blow().then(() => ended.push('the fuse'));
  expect(() => fuse.step('another')).toThrow('power');
  await new Promise(setImmediate);
  expect(ended).toEqual([]);
  end();
  await Promise.all([work, blown]);
  expect(ended).toEqual(['what was under way', 'the fuse']);
  fuse.replace();
  expect(() => fuse.step('another')).not.toThrow();
});
