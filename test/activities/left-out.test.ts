import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { mailchimp } from '../../targets/mailchimp/process.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { resultOf } from '../../workflows/pair-results.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';
import { dependenciesWith } from './dependencies-with.ts';

let database: LockedDatabase;
let dependencies: Dependencies;

beforeAll(async () => {
  database = await lockedDatabase();
  dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map([['MAILCHIMP', { process: mailchimp.process, remote: {} as RemoteSystem }]]),
    locks: database.locks,
  });
});
afterAll(async () => {
  await database?.close();
});

/** What a caller is told who asks for a sync of the row. */
const told = async (type: 'Person' | 'ContactPreference', key: string) =>
  resultOf(await deliver(dependencies, { process: 'MAILCHIMP', type, key, resend: false, attempt: 1 }));

test('NOTHING has a reason: the conditions that do not hold, or that EMS has no such row', async () => {
  const unwilling = await database.ems.person({ email: 'ana@clube.example' });
  expect(await told('Person', unwilling)).toMatchObject({
    outcome: 'NOTHING',
    reason: expect.stringMatching(/does not meet wants-email \(wants e-mail/),
  });
  const neither = await database.ems.person({ email: ' ' });
  expect((await told('Person', neither)).reason).toMatch(/does not meet email \(.*, wants-email \(/);
  expect(await told('Person', '99999')).toMatchObject({ outcome: 'NOTHING', reason: 'EMS has no such row' });
  expect(await told('ContactPreference', '99999')).toMatchObject({ outcome: 'NOTHING', reason: 'EMS has no such row' });
});

test('a result of an older worker without a reason gets one', () => {
  expect(resultOf({ key: '1', fencingToken: '0', kind: 'nothing' }).reason).toBe('neither side has anything to do');
});
