/** Who is where in a document, by a clock of the test: nothing here waits. */
import { createEncoder, toUint8Array, writeVarString, writeVarUint } from 'lib0/encoding';
import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { utf8 } from '../../base/index.ts';
import { newDocument } from '../../model/index.ts';
import { DocumentPresence } from './document-presence.ts';

interface Place {
  readonly presence: DocumentPresence;
  /** What it told, until somebody was given that. */
  readonly told: Uint8Array[];
}

function place(clientID: number, clock: VirtualClock): Place {
  const told: Uint8Array[] = [];
  const presence = new DocumentPresence(newDocument('d', clientID, true), clock, (state) => told.push(state));
  onTestFinished(() => presence.close());
  return { presence, told };
}

/** Gives each what the other told, and lets time pass, for as long as they have to say something at once. */
function talk(clock: VirtualClock, a: Place, b: Place): number {
  let messages = 0;
  for (;;) {
    clock.advance(100);
    const [fromA, fromB] = [a.told.splice(0), b.told.splice(0)];
    if (fromA.length + fromB.length === 0) return messages;
    messages += fromA.length + fromB.length;
    for (const state of fromA) b.presence.heard(state);
    for (const state of fromB) a.presence.heard(state);
  }
}

const namesAt = ({ presence }: Place): string[] =>
  [...presence.awareness.getStates().values()].map(({ name }) => String(name)).sort();

function message(...clients: readonly [client: number, clock: number, json: string][]): Uint8Array {
  const encoder = createEncoder();
  writeVarUint(encoder, clients.length);
  for (const [client, clock, json] of clients) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
    writeVarString(encoder, json);
  }
  return toUint8Array(encoder);
}

function pair(): { clock: VirtualClock; anna: Place; ben: Place } {
  const clock = new VirtualClock();
  const [anna, ben] = [place(1, clock), place(2, clock)];
  anna.presence.awareness.setLocalStateField('name', 'Anna');
  ben.presence.awareness.setLocalStateField('name', 'Ben');
  return { clock, anna, ben };
}

describe('who is there', () => {
  test('is known to everybody after a few messages, and then there is silence', () => {
    const { clock, anna, ben } = pair();
    expect(talk(clock, anna, ben)).toBeLessThanOrEqual(4);
    expect(namesAt(anna)).toEqual(['Anna', 'Ben']);
    expect(namesAt(ben)).toEqual(['Anna', 'Ben']);
    expect(anna.told).toEqual([]);
  });

  test('is told once for many changes that come together', () => {
    const { clock, anna, ben } = pair();
    talk(clock, anna, ben);
    for (let at = 0; at < 100; at++) anna.presence.awareness.setLocalStateField('cursor', at);
    clock.advance(39);
    expect(anna.told).toHaveLength(0);
    clock.advance(1);
    expect(anna.told).toHaveLength(1);
    ben.presence.heard(anna.told[0]!);
    expect(ben.presence.awareness.getStates().get(1)).toEqual({ name: 'Anna', cursor: 99 });
  });

  test('is told at once to somebody who comes later', () => {
    const clock = new VirtualClock();
    const anna = place(1, clock);
    anna.presence.awareness.setLocalStateField('name', 'Anna');
    clock.advance(1_000);
    anna.told.splice(0);
    const ben = place(2, clock);
    ben.presence.awareness.setLocalStateField('name', 'Ben');
    talk(clock, anna, ben);
    expect(namesAt(ben)).toEqual(['Anna', 'Ben']);
  });

  test('stays known as long as it is told, and is forgotten 30 seconds after the last word', () => {
    const { clock, anna, ben } = pair();
    talk(clock, anna, ben);
    for (let minute = 0; minute < 5; minute++) {
      clock.advance(20_000);
      talk(clock, anna, ben);
      expect(namesAt(ben)).toEqual(['Anna', 'Ben']);
    }
    clock.advance(25_000);
    expect(namesAt(ben)).toEqual(['Anna', 'Ben']);
    clock.advance(10_000);
    expect(namesAt(ben)).toEqual(['Ben']);
  });

  test('ends with a good-bye, and who comes back in the same document is there again', () => {
    const { clock, anna, ben } = pair();
    talk(clock, anna, ben);
    anna.presence.close();
    for (const state of anna.told.splice(0)) ben.presence.heard(state);
    expect(namesAt(ben)).toEqual(['Ben']);
    const again = place(1, clock);
    again.presence.awareness.setLocalStateField('name', 'Anna');
    talk(clock, again, ben);
    expect(namesAt(ben)).toEqual(['Anna', 'Ben']);
    expect(namesAt(again)).toEqual(['Anna', 'Ben']);
  });

  test('leaves no timer behind', () => {
    const { clock, anna, ben } = pair();
    anna.presence.close();
    ben.presence.close();
    expect(clock.waiting).toBe(0);
  });
});

test('an old message that is repeated without end keeps nobody there, and brings nobody back', () => {
  const { clock, anna, ben } = pair();
  talk(clock, anna, ben);
  const [old, another] = [anna.presence.state(), message([9, 5, '{"name":"Cleo"}'])];
  ben.presence.heard(another);
  anna.presence.close();
  anna.told.splice(0);
  for (let second = 0; second < 3600; second += 5) {
    clock.advance(5_000);
    expect(ben.presence.heard(second % 2 ? old : message([9, 4, '{"name":"Cleo"}']))).toBe(true);
    ben.presence.heard(another);
    ben.presence.heard(old);
    if (second > 40) expect(namesAt(ben)).toEqual(['Ben']);
  }
  // Whoever comes is there, and says something later than what was repeated.
  ben.presence.heard(message([9, 6, '{"name":"Cleo"}']));
  expect(namesAt(ben)).toEqual(['Ben', 'Cleo']);
});

describe('a peer', () => {
  test.each([
    ['bytes that are no message', utf8('not awareness at all')],
    ['a message that is cut off', message([5, 1, '{"name":"x"}']).subarray(0, 6)],
    ['text that is no JSON', message([5, 1, '{"name":'])],
    ['a state that is no object', message([5, 1, '"Eve"'])],
    ['a list for a state', message([5, 1, '[1]'])],
    ['more clients than it lists', message([5, 1, '{}']).fill(9, 0, 1)],
    ['something about ourselves', message([1, 2 ** 50, '{"name":"Eve"}'])],
    ['our end', message([1, 2 ** 50, 'null'])],
    ['a state of 64 KiB and more', message([5, 1, JSON.stringify({ name: 'x'.repeat(65_536) })])],
    ['one good state and one that is none', message([5, 1, '{"name":"Eve"}'], [6, 1, '7'])],
  ])('that tells %s changes nothing', (_what, state) => {
    const { clock, anna, ben } = pair();
    talk(clock, anna, ben);
    expect(anna.presence.heard(state)).toBe(false);
    expect(namesAt(anna)).toEqual(['Anna', 'Ben']);
  });

  test('that invents clients fills no memory, and they are forgotten', () => {
    const { clock, anna, ben } = pair();
    talk(clock, anna, ben);
    for (let from = 10; from < 5_000; from += 10) {
      const many = Array.from({ length: 10 }, (_, i) => [from + i, 1, '{}'] as const);
      anna.presence.heard(
        message(...many.map(([client, at, json]): [number, number, string] => [client, at, json])),
      );
    }
    expect(anna.presence.awareness.getStates().size).toBeLessThanOrEqual(1_001);
    clock.advance(40_000);
    expect(namesAt(anna)).toEqual(['Anna']);
    expect(anna.presence.awareness.meta.size).toBeLessThanOrEqual(1_001);
    // Those who left do not keep others out.
    expect(anna.presence.heard(message([7, 1, '{"name":"Cleo"}']))).toBe(true);
    expect(namesAt(anna)).toEqual(['Anna', 'Cleo']);
    clock.advance(700_000);
    expect(anna.presence.awareness.meta.size).toBe(1);
  });
});
