import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { ErrorMapping } from '../../activities/error-mapping.ts';
import { SyncError } from '../../sync/sync-error.ts';

async function mapped(error: unknown): Promise<{ type: string | null | undefined; message: string }> {
  const failing = async (): Promise<never> => {
    throw error;
  };
  try {
    await new ErrorMapping().execute({ args: [], headers: {} }, failing);
  } catch (failure) {
    if (failure instanceof ApplicationFailure) return { type: failure.type, message: failure.message };
  }
  throw new Error('no failure of ours');
}

test('a target that says how long to wait is asked no sooner', async () => {
  const error = new SyncError('transient', 'Mailchimp answered 429', { code: '429', retryAfterMs: 90_000 });
  const failing = () => Promise.reject(error);
  await expect(new ErrorMapping().execute({ args: [], headers: {} }, failing)).rejects.toMatchObject({
    nextRetryDelay: 90_000,
  });
});

const sqlError = (code: string, message: string) => Object.assign(new Error(message), { code });

test.each([
  ['57P03', 'the database system is starting up', /starting up/],
  ['57P01', 'terminating connection due to administrator command', /shut down/],
  ['53100', 'could not extend file "base/1": No space left on device', /disk is full/],
  ['53300', 'sorry, too many clients already', /no free connection/],
  ['40001', 'could not serialize access', /SQLSTATE 40001/],
])('SQLSTATE %s is transient, and told as what it is', async (code, message, told) => {
  expect(await mapped(sqlError(code, message))).toEqual({ type: 'transient', message: expect.stringMatching(told) });
});

test('a column that EMS has lost is named, and heals when it is there again', async () => {
  expect(await mapped(sqlError('42703', 'select "p0"."id" … - column p0.nationality does not exist'))).toEqual({
    type: 'transient',
    message: 'EMS has no p0.nationality (SQLSTATE 42703): npx ems-sync check names everything that is missing',
  });
});

test.each([
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'timeout exceeded when trying to connect',
])('"%s" is transient', async (message) => {
  expect((await mapped(new Error(message))).type).toBe('transient');
});

test("a database error's own text, which may quote a row, is not told", async () => {
  const { type, message } = await mapped(sqlError('23505', 'Key (email)=(ana@clube.example) already exists.'));
  expect({ type, message }).toEqual({ type: 'bug', message: 'the database refused a statement (SQLSTATE 23505)' });
});

test('an error with a class keeps it', async () => {
  expect(await mapped(new SyncError('rejected', 'too long', { code: 'length' }))).toEqual({
    type: 'rejected',
    message: 'too long',
  });
});

test('a statement that a row fails is told with its code, and the column or constraint that the database names', async () => {
  const refused = Object.assign(sqlError('23514', 'new row … violates check constraint; Failing row contains (Ana)'), {
    column: 'bib',
    constraint: 'bib_is_short',
    detail: 'Failing row contains (Ana)',
  });
  expect(await mapped(refused)).toEqual({
    type: 'bug',
    message: 'the database refused a statement (SQLSTATE 23514, column bib, constraint bib_is_short)',
  });
});
