import { describe, expect, test } from '@jest/globals';
import { UnreadableAnswers } from '../../targets/unreadable-answers.ts';

const MINUTE_MS = 60_000;
const NOT_CALLED = expect.objectContaining({ errorClass: 'target-down', code: 'unreadable-answers' });

/** A target that is called at times of the test. */
class Target {
  now = 0;
  readonly answers = new UnreadableAnswers(() => this.now);

  call(answer: 'readable' | 'unreadable' | 'none'): void {
    const turn = this.answers.turn('Mautic');
    turn.end();
    if (answer === 'readable') turn.wasReadable();
    if (answer === 'unreadable') turn.wasUnreadable();
  }

  calls(count: number, answer: 'readable' | 'unreadable' | 'none'): void {
    for (let n = 0; n < count; n += 1) this.call(answer);
  }
}

describe('a target whose answers cannot be read', () => {
  test('is not called for a minute after ten of them, however many readable ones come between', () => {
    const target = new Target();
    for (let n = 0; n < 9; n += 1) {
      target.call('unreadable');
      target.call('readable');
    }
    target.call('unreadable');
    expect(() => target.call('readable')).toThrow(NOT_CALLED);
    target.now += MINUTE_MS - 1;
    expect(() => target.call('readable')).toThrow(expect.objectContaining({ retryAfterMs: 1 }));
    target.now += 1;
    // To ask is not to try.
    for (let n = 0; n < 3; n += 1) target.answers.assertCallable('Mautic');
    target.calls(20, 'readable');
  });

  test('is called as before if they are rare', () => {
    const target = new Target();
    for (let n = 0; n < 50; n += 1) {
      target.call('unreadable');
      target.now += 7_000;
    }
  });

  test('is tried by one call at a time; another unreadable answer begins a new minute', () => {
    const target = new Target();
    target.calls(10, 'unreadable');
    target.now += MINUTE_MS;
    const trial = target.answers.turn('Mautic');
    expect(() => target.call('readable')).toThrow(NOT_CALLED);
    expect(() => target.answers.assertCallable('Mautic')).toThrow(NOT_CALLED);
    trial.end();
    trial.wasUnreadable();
    target.now += MINUTE_MS - 1;
    expect(() => target.call('readable')).toThrow(NOT_CALLED);
  });

  test('is tried again if the trial got no answer at all', () => {
    const target = new Target();
    target.calls(10, 'unreadable');
    target.now += MINUTE_MS;
    target.calls(3, 'none');
    target.calls(3, 'readable');
  });

  test('is not called by those that began before and end later either', () => {
    const target = new Target();
    const late = target.answers.turn('Mautic');
    target.calls(10, 'unreadable');
    late.end();
    late.wasReadable();
    expect(() => target.call('readable')).toThrow(NOT_CALLED);
  });
});
