import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isSecretPath, isSignedByMailchimp, mailchimpHints } from '../../../targets/mailchimp/webhook-hints.ts';
import { hashOf } from './mailchimp-under-test.ts';

const form = (fields: Readonly<Record<string, string>>) => mailchimpHints(new URLSearchParams(fields));

describe('a webhook’s form', () => {
  test.each([
    ['subscribe', { 'data[email]': 'Ana@clube.example' }, ['ana@clube.example']],
    ['unsubscribe', { 'data[email]': 'ana@clube.example', 'data[action]': 'unsub' }, ['ana@clube.example']],
    ['profile', { 'data[email]': ' ana@clube.example ' }, ['ana@clube.example']],
    ['cleaned', { 'data[email]': 'ana@clube.example', 'data[reason]': 'hard' }, ['ana@clube.example']],
    [
      'upemail',
      { 'data[new_email]': 'ana@home.example', 'data[old_email]': 'ana@clube.example' },
      ['ana@home.example', 'ana@clube.example'],
    ],
    ['campaign', { 'data[email]': 'ana@clube.example' }, []],
    ['', { 'data[email]': 'ana@clube.example' }, []],
    ['unsubscribe', { 'data[email]': 'nobody' }, []],
    ['unsubscribe', {}, []],
  ])('of type %j with %j speaks of %j, by hash, each once', (type, data, emails) => {
    expect(form({ type, ...data })).toEqual(emails.map(hashOf));
  });
});

describe('a signature', () => {
  const NOW_MS = 1_800_000_000_000;
  const BODY = Buffer.from('type=unsubscribe&data%5Bemail%5D=ana%40clube.example');
  const signed = (t: number | string, secret = 'secret', body: Buffer = BODY) =>
    `t=${t},v1=${createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex')}`;
  const isGood = (header: string | undefined, secrets = ['secret']) =>
    isSignedByMailchimp(header, BODY, secrets, NOW_MS);

  test('of the bytes and the time is good for five minutes, with any of the secrets', () => {
    expect(isGood(signed(NOW_MS / 1_000))).toBe(true);
    expect(isGood(signed(NOW_MS / 1_000).replace(',', ', '))).toBe(true);
    expect(isGood(signed(NOW_MS / 1_000 - 299))).toBe(true);
    expect(isGood(signed(NOW_MS / 1_000), ['new', 'secret'])).toBe(true);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['older', signed(NOW_MS / 1_000 - 301)],
    ['of the future', signed(NOW_MS / 1_000 + 301)],
    ['of another secret', signed(NOW_MS / 1_000, 'other')],
    ['of another body', signed(NOW_MS / 1_000, 'secret', Buffer.from('type=subscribe'))],
    ['without a time', signed(NOW_MS / 1_000).replace(/^t=\d+,/, '')],
    ['of another time', signed(NOW_MS / 1_000).replace(/^t=\d+/, `t=${NOW_MS / 1_000 + 1}`)],
    ['cut short', signed(NOW_MS / 1_000).slice(0, -1)],
    ['of no number', signed('now')],
  ])('that is %s is none', (_, header) => {
    expect(isGood(header)).toBe(false);
  });

  test('is nobody’s without a secret', () => {
    expect(isGood(signed(NOW_MS / 1_000, ''), [])).toBe(false);
  });
});

test('a secret path is one of the secrets, in whole', () => {
  expect(isSecretPath('abc', ['abc'])).toBe(true);
  expect(isSecretPath('abc', ['xyz', 'abc'])).toBe(true);
  for (const given of ['', 'ab', 'abcd', 'ABC']) expect(isSecretPath(given, ['abc'])).toBe(false);
  expect(isSecretPath('abc', [])).toBe(false);
});
