import { expect, test } from '@jest/globals';
import { chatwootSettings } from '../../../targets/chatwoot/settings.ts';

const GIVEN = {
  CHATWOOT_URL: 'https://chat.example',
  CHATWOOT_ACCOUNT_ID: '3',
  CHATWOOT_TOKEN: 't',
  CHATWOOT_INBOX_ID: '7',
};

test('account and inbox are numbers, and nothing is sent to persons unless that is asked for', () => {
  const off = {
    CHATWOOT_ACCOUNT_ID: 3,
    CHATWOOT_INBOX_ID: 7,
    CHATWOOT_SEND_PUBLIC: false,
    CHATWOOT_TRUST_CONTACTS: false,
  };
  expect(chatwootSettings.parse(GIVEN)).toMatchObject(off);
  expect(chatwootSettings.parse({ ...GIVEN, CHATWOOT_SEND_PUBLIC: undefined })).toMatchObject(off);
  expect(chatwootSettings.parse({ ...GIVEN, CHATWOOT_SEND_PUBLIC: 'true' }).CHATWOOT_SEND_PUBLIC).toBe(true);
});

test.each([
  ['CHATWOOT_ACCOUNT_ID', 'one'],
  ['CHATWOOT_INBOX_ID', '0'],
  ['CHATWOOT_INBOX_ID', undefined],
  ['CHATWOOT_URL', 'chat.example'],
  ['CHATWOOT_TOKEN', ''],
  ['CHATWOOT_SEND_PUBLIC', 'yes'],
  ['CHATWOOT_TRUST_CONTACTS', 'yes'],
])('%s must not be %j', (name, value) => {
  const { error } = chatwootSettings.safeParse({ ...GIVEN, [name]: value });
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([name]);
});
