import { expect, test } from '@jest/globals';
import { readSettings } from '../../../settings/read-settings.ts';
import { SettingsError } from '../../../settings/settings-error.ts';
import { mautic } from '../../../targets/mautic/process.ts';

const COMMON = {
  DATABASE_URL: 'postgres://ems@db.example/ems?sslmode=require',
  SYNC_KEY: Buffer.alloc(32, 1).toString('base64'),
};
const URL = { MAUTIC_URL: 'https://mautic.example' };

function problems(settings: Readonly<Record<string, string>>): readonly string[] {
  try {
    readSettings({ ...COMMON, ...settings }, [mautic]);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

test.each([
  [{ MAUTIC_USERNAME: 'ems', MAUTIC_PASSWORD: 'p' }],
  [{ MAUTIC_CLIENT_ID: 'ems', MAUTIC_CLIENT_SECRET: 's' }],
])('either pair will do: %j', (pair) => {
  expect(problems({ ...URL, ...pair })).toEqual([]);
});

test.each([
  [
    URL,
    [
      'MAUTIC_USERNAME is missing: it is needed with MAUTIC_PASSWORD, or else MAUTIC_CLIENT_ID with MAUTIC_CLIENT_SECRET',
    ],
  ],
  [{ ...URL, MAUTIC_USERNAME: 'ems' }, ['MAUTIC_PASSWORD is missing: it is needed beside MAUTIC_USERNAME']],
  [{ ...URL, MAUTIC_CLIENT_SECRET: 's' }, ['MAUTIC_CLIENT_ID is missing: it is needed beside MAUTIC_CLIENT_SECRET']],
  [
    { ...URL, MAUTIC_USERNAME: 'ems', MAUTIC_PASSWORD: 'p', MAUTIC_CLIENT_ID: 'c', MAUTIC_CLIENT_SECRET: 's' },
    ['MAUTIC_CLIENT_ID must not be set beside MAUTIC_USERNAME: either a user or a client'],
  ],
  [
    { ...URL, MAUTIC_USERNAME: 'ems', MAUTIC_PASSWORD: 'p', MAUTIC_CLIENT_ID: 'c' },
    [
      'MAUTIC_CLIENT_SECRET is missing: it is needed beside MAUTIC_CLIENT_ID',
      'MAUTIC_CLIENT_ID must not be set beside MAUTIC_USERNAME: either a user or a client',
    ],
  ],
  [
    { MAUTIC_URL: 'mautic.example', MAUTIC_USERNAME: 'ems' },
    [
      'MAUTIC_URL must be the http(s) address of Mautic, without /api',
      'MAUTIC_PASSWORD is missing: it is needed beside MAUTIC_USERNAME',
    ],
  ],
  [
    { MAUTIC_PASSWORD: 'p' },
    [expect.stringContaining('MAUTIC_URL is missing'), expect.stringContaining('MAUTIC_USERNAME is missing')],
  ],
])('%j stops the start, with a line for each problem', (settings, lines) => {
  expect(problems(settings)).toEqual(lines);
});

test('without any of them the process is off', () => {
  expect(readSettings(COMMON, [mautic])).toMatchObject({ enabled: [], off: [{ process: 'MAUTIC' }] });
});
