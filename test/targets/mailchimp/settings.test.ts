import { expect, test } from '@jest/globals';
import { readSettings } from '../../../settings/read-settings.ts';
import { SettingsError } from '../../../settings/settings-error.ts';
import { mailchimp } from '../../../targets/mailchimp/process.ts';
import { baseAddress, mailchimpSettings } from '../../../targets/mailchimp/settings.ts';

const COMMON = {
  DATABASE_URL: 'postgres://ems@db.example/ems?sslmode=require',
  SYNC_KEY: Buffer.alloc(32, 1).toString('base64'),
};

function problems(settings: Readonly<Record<string, string>>): readonly string[] {
  try {
    readSettings({ ...COMMON, ...settings }, [mailchimp]);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

const BOTH = { MAILCHIMP_API_KEY: '0123abcd-us6', MAILCHIMP_LIST_ID: 'a1b2c3d4e5' };

test.each([
  [BOTH],
  [{ ...BOTH, MAILCHIMP_URL: 'http://127.0.0.1:8088' }],
  [{ ...BOTH, MAILCHIMP_API_KEY: 'any', MAILCHIMP_URL: 'http://127.0.0.1:8088/3.0' }],
])('%j will do', (settings) => {
  expect(problems(settings)).toEqual([]);
});

test.each([
  [{ MAILCHIMP_API_KEY: '0123abcd-us6' }, [expect.stringMatching(/^MAILCHIMP_LIST_ID is missing/)]],
  [{ MAILCHIMP_LIST_ID: 'a1b2c3d4e5' }, [expect.stringMatching(/^MAILCHIMP_API_KEY is missing/)]],
  [{ ...BOTH, MAILCHIMP_API_KEY: '0123abcd' }, [expect.stringMatching(/^MAILCHIMP_API_KEY .*data centre/)]],
  [{ ...BOTH, MAILCHIMP_LIST_ID: '../members' }, [expect.stringMatching(/^MAILCHIMP_LIST_ID must be the id/)]],
  [{ ...BOTH, MAILCHIMP_URL: 'us6.api' }, [expect.stringMatching(/^MAILCHIMP_URL must be/)]],
])('%j stops the start, and says what to do', (settings, lines) => {
  expect(problems(settings)).toEqual(lines);
});

test.each([
  [{}, 'https://us6.api.mailchimp.com/3.0'],
  [{ MAILCHIMP_URL: 'http://127.0.0.1:1/' }, 'http://127.0.0.1:1/3.0'],
  [{ MAILCHIMP_URL: 'http://127.0.0.1:1/3.0/' }, 'http://127.0.0.1:1/3.0'],
])('the API of %j is at %s', (settings, address) => {
  expect(baseAddress(mailchimpSettings.parse({ ...BOTH, ...settings }))).toBe(address);
});

test('without any of them the process is off', () => {
  expect(readSettings(COMMON, [mailchimp])).toMatchObject({ enabled: [], off: [{ process: 'MAILCHIMP' }] });
});
