import { expect, test } from '@jest/globals';
import { changedHands, hasChangedHands } from '../../sync/whose-record.ts';

test.each([
  ['carries our id', { emsKey: '12', wasSigned: true }],
  ['carries our id, though we have not written it', { emsKey: '12', wasSigned: false }],
  ['carries none, and was never written by us', { emsKey: null, wasSigned: false }],
])('a record that %s is ours', (_what, signs) => {
  expect(changedHands({ key: '12', ...signs })).toBeNull();
});

test.each([
  ['carries the id of another row', { emsKey: '13', wasSigned: false }],
  ['carries none any more', { emsKey: null, wasSigned: true }],
])('a record that %s has changed hands', (_what, signs) => {
  const reason = changedHands({ key: '12', ...signs });
  expect(reason).toMatch(/^changed hands: /);
  expect(hasChangedHands(reason)).toBe(true);
});

test('other reasons are not taken for it', () => {
  expect([null, 'e-mail: is no e-mail address'].map(hasChangedHands)).toEqual([false, false]);
});
