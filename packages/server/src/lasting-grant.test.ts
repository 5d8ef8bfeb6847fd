/** What is said while an answer is on its last steps to who asked: no moment of it is passed over. */
import { Listeners } from '@evermesh/core/base';
import type { Grant } from '@evermesh/core/protocol';
import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { LastingGrant } from './lasting-grant.ts';
import { FOLDER } from './testing/test-author.ts';

const MOMENTS = Array.from({ length: 12 }, (_, moment) => moment);

/** Turns for which an answer is under way. */
const UNDER_WAY = 8;

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

test.each(['first', 'second'] as const)(
  'what is taken back at any moment of the %s answer is lost',
  async (which) => {
    for (const moment of MOMENTS) {
      const changed = new Listeners<void>();
      let answer: Grant = 'write';
      const lost: unknown[] = [];
      const grant: LastingGrant = new LastingGrant({
        authorizer: { changed, authorize: () => Promise.resolve(answer) },
        clock: new VirtualClock(),
        token: 'token',
        folder: FOLDER,
        lost: (error) => {
          lost.push(error);
          grant.stop();
        },
      });
      const asked = grant.ask();
      if (which === 'second') {
        await asked;
        changed.emit();
      }
      await turns(moment);
      answer = 'none';
      changed.emit();
      await asked.catch((error: unknown) => lost.push(error));
      await turns(40);
      expect([moment, lost]).toMatchObject([moment, [{ code: 'AUTH_DENIED' }]]);
      grant.stop();
    }
  },
);

test.each(['first', 'second'] as const)(
  'what is given back at any moment before the %s answer is there, and the second before it has an effect, is not lost',
  async (which) => {
    let heldOn = 0;
    // Of the first one its caller hears a turn later than it is known here.
    const moments = which === 'first' ? UNDER_WAY : 3 * UNDER_WAY;
    for (const moment of Array.from({ length: moments }, (_, turn) => turn)) {
      const changed = new Listeners<void>();
      let answer: Grant = which === 'first' ? 'none' : 'write';
      const lost: unknown[] = [];
      const grant: LastingGrant = new LastingGrant({
        authorizer: {
          changed,
          authorize: async () => {
            const given = answer;
            await turns(UNDER_WAY);
            return given;
          },
        },
        clock: new VirtualClock(),
        token: 'token',
        folder: FOLDER,
        lost: (error) => {
          lost.push(error);
          grant.stop();
        },
      });
      const asked = grant.ask();
      asked.catch((error: unknown) => lost.push(error));
      if (which === 'second') {
        await asked;
        answer = 'none';
        changed.emit();
      }
      await turns(moment);
      const before = [...lost];
      answer = 'write';
      changed.emit();
      await turns(60);
      expect([moment, lost]).toEqual([moment, before]);
      heldOn += before.length === 0 ? 1 : 0;
      grant.stop();
    }
    expect(heldOn).toBeGreaterThanOrEqual(UNDER_WAY);
  },
);
