import fc from '../seeded-fast-check.ts';
import { describe, expect, test } from '@jest/globals';
import { table } from '../../clients/cli/output.ts';
import { describeExplanation } from '../../clients/cli/why.ts';
import { visible, visibleJson, visibleLines } from '../../clients/visible-text.ts';

/** Characters that a terminal interprets or does not show. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Any text, including hidden characters and lone surrogates. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001B[2J',
        '\u009B31m',
        '\r',
        '\n',
        '\t',
        '\u007F',
        '\u202E',
        '\u2066',
        '\u2028',
        '\uD800',
        '\u200B',
      ),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('on a terminal', () => {
  test.each([
    ['an escape sequence', 'Ann\u001B[2J', 'Ann\\u{1b}[2J'],
    ['an escape of one character', '\u009B31mAnn', '\\u{9b}31mAnn'],
    ['a line break', 'Ann\nin step', 'Ann\\u{a}in step'],
    ['a turned direction', 'nnA\u202E', 'nnA\\u{202e}'],
    ['half a character', '\uD83D!', '\\u{d83d}!'],
  ])('%s is visible and does nothing', (_, value, shown) => {
    expect(visible(value)).toBe(shown);
  });

  test('names of all scripts are as they are', () => {
    const names = 'Zoë Ångström, José Núñez, 山田太郎, محمد, Ἀριστοτέλης 👟';
    expect(visible(names)).toBe(names);
    expect(visibleJson({ names })).toBe(JSON.stringify({ names }));
  });

  test('whatever the value: nothing hidden is left, and JSON parses to the same', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(visible(value)).not.toMatch(HIDDEN);
        expect(visibleLines(value).replaceAll('\n', '')).not.toMatch(HIDDEN);
        expect(visibleJson({ [value]: [value] })).not.toMatch(HIDDEN);
        expect(JSON.parse(visibleJson({ value: [value] }))).toEqual({ value: [value] });
      }),
    );
  });

  test('whatever the value: a table and an explanation have no line that is not ours', () => {
    const usual = lines('a reason');
    fc.assert(fc.property(text, (value) => expect(lines(`x${value}`)).toEqual(usual)));
  });
});

/** Lines of a table and of an explanation that contain the value. */
function lines(value: string): number[] {
  const explained = describeExplanation({ type: 'Person', key: '1' }, explanation(value));
  return [table(['entity', 'reason'], [['Person/1', value]]), explained].map((shown) => {
    expect(shown.replaceAll('\n', '')).not.toMatch(HIDDEN);
    return shown.split('\n').length;
  });
}

function explanation(value: string): Parameters<typeof describeExplanation>[1] {
  return {
    process: 'CHATWOOT',
    inEms: true,
    passesFilter: true,
    conditions: [],
    modifiedOn: '2026-11-30 10:00:00+00',
    pausedOn: null,
    due: null,
    refused: [],
    record: {
      state: 'PARKED',
      waitingFor: value,
      sharedWith: null,
      lastErrorCode: null,
      lastErrorClass: 'rejected',
      lastError: value,
      attempts: 1,
      failingSince: null,
      remoteId: value,
      entitySyncedOn: null,
      evaluatedOn: null,
      remoteSyncedOn: null,
      updatedOn: '2026-11-30 10:00:00+00',
    },
    workflow: { id: 'CHATWOOT/Person/1', status: null, link: 'http://localhost' },
    keepsRemoteId: false,
  };
}
