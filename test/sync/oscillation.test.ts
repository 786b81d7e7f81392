import { describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import { contentHash } from '../../sync/content-hash.ts';
import { noteOscillation, type RemoteState } from '../../sync/oscillation.ts';

const KEYS = [new Uint8Array(32).fill(1)];
const NOON = Temporal.Instant.from('2027-05-15T12:00:00Z');
const [A, B] = [contentHash({ name: 'Ana' }, KEYS), contentHash({ name: 'Eva' }, KEYS)];

/** Whether each of these changes, in minutes after noon, counted as ping-pong. */
function verdicts(...changes: readonly (readonly [minutes: number, hash: typeof A])[]): boolean[] {
  let states: readonly RemoteState[] = [];
  return changes.map(([minutes, hash]) => {
    const noted = noteOscillation(states, hash, NOON.add({ minutes }));
    ({ states } = noted);
    return noted.pingPong;
  });
}

describe('ping-pong', () => {
  test('is the fourth time within an hour that the remote comes to the same state', () => {
    expect(verdicts([0, A], [10, A], [20, A], [30, A])).toEqual([false, false, false, true]);
  });

  test('is not told by states that alternate less often, nor by those of more than an hour ago', () => {
    expect(verdicts([0, A], [1, B], [2, A], [3, B], [4, A], [5, B])).toEqual(Array(6).fill(false));
    expect(verdicts([0, A], [21, A], [42, A], [63, A], [84, A])).toEqual(Array(5).fill(false));
  });

  test('is never people who write something new each time, however often', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 60 }), (names) => {
        const changes = names.map(
          (name, minute) => [minute, contentHash({ name: `${minute} ${name}` }, KEYS)] as const,
        );
        expect(verdicts(...changes)).not.toContain(true);
      }),
    );
  });

  test('is remembered in few entries', () => {
    let states: readonly RemoteState[] = [];
    for (let i = 0; i < 200; i += 1) ({ states } = noteOscillation(states, contentHash({ name: `${i}` }, KEYS), NOON));
    expect(states.length).toBeLessThan(50);
  });
});
