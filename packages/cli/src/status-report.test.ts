import type { Folder, Replica } from '@evermesh/core';
import type { MirrorStatus } from '@evermesh/mirror';
import { expect, test } from 'vitest';
import type { StatusReport } from './reports.ts';
import type { Settings } from './settings.ts';
import { statusReport } from './status-report.ts';

const report = (notHere: readonly string[]): StatusReport =>
  statusReport({
    settings: { directory: '/notes' } as Settings,
    replica: { device: { id: 'd', name: 'laptop' } } as unknown as Replica,
    folder: { id: 'f', name: 'notes', nodes: { ready: true } } as unknown as Folder,
    link: { relay: 'ws://r', state: 'connected' },
    running: true,
    mirror: { state: 'in step', files: 1, problems: [], ignored: [], notHere } as unknown as MirrorStatus,
    pending: { onDisk: 0, toRelay: 0, fromRelay: 0 },
    conflicts: [],
    devices: [],
    withheld: [],
  });

test('a directory is in step only when no file waits for its content', () => {
  expect(report([])).toMatchObject({ inStep: true, pending: { contents: 0 }, missing: [] });
  expect(report(['a', 'b'])).toMatchObject({ inStep: false, pending: { contents: 2 }, missing: ['a', 'b'] });
});

test('of very many files that wait, all are counted and some are named', () => {
  const { pending, missing } = report(Array.from({ length: 1000 }, (_, index) => `${index}`));
  expect(pending.contents).toBe(1000);
  expect(missing).toHaveLength(20);
});
