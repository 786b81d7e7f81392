import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ErrorMapping } from '../../activities/error-mapping.ts';
import { gatherSends } from '../../activities/gather-sends.ts';
import { createTargetActivities } from '../../activities/index.ts';
import { assertNotPaused, pausable, unlessPaused } from '../../activities/pause.ts';
import { NoLocks } from '../../database/advisory-locks.ts';
import { endPauses, readPauses, writePauses } from '../../database/records/pauses.ts';
import { PausedError, SyncError } from '../../sync/sync-error.ts';
import { mautic } from '../../targets/mautic/process.ts';
import type { RemoteSystem, SendRequest } from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(() => database?.close());

afterEach(() => endPauses(database.orm.em.fork(), ['TAGSERVER', 'MAUTIC']));

test('an activity of a paused process is not begun; others are, and it is again once resumed', async () => {
  const done: string[] = [];
  const activity = unlessPaused(database.orm, async ({ process }: { process: 'TAGSERVER' | 'MAUTIC' }) => {
    done.push(process);
  });
  await writePauses(database.orm.em.fork(), ['TAGSERVER']);
  await expect(activity({ process: 'TAGSERVER' })).rejects.toThrow(/TAGSERVER is paused since .*resume TAGSERVER/);
  await activity({ process: 'MAUTIC' });
  await endPauses(database.orm.em.fork(), ['TAGSERVER']);
  await activity({ process: 'TAGSERVER' });
  expect(done).toEqual(['MAUTIC', 'TAGSERVER']);
});

function refuse(): never {
  throw new SyncError('target-down', 'Mautic is not called for a while', { code: 'unreadable-answers' });
}

test('an activity of a target that is not called reads nothing first, and says why', async () => {
  const read: string[] = [];
  const bulk = { canGather: () => true, sendMany: refuse };
  const unused = { probe: async () => {}, send: refuse, remove: refuse, bulk, assertCallable: refuse };
  const remote = gatherSends(
    pausable(unused, async () => {}),
    { itemsPerCall: 10, concurrentCalls: 1 },
  );
  const activities = createTargetActivities(
    dependenciesWith({
      orm: database.orm,
      processes: new Map([['MAUTIC', { process: mautic.process, remote }]]),
      locks: new NoLocks(''),
      assertOwnAccount: async (process) => void read.push(process),
    }),
  );
  const attempt = new MockActivityEnvironment().run(() =>
    activities.deliver({ process: 'MAUTIC', type: 'Person', key: '1', resend: false, attemptsBefore: 0 }),
  );
  await expect(attempt).rejects.toMatchObject({ errorClass: 'target-down', code: 'unreadable-answers' });
  expect(read).toEqual([]);
});

test('a second pause keeps the time of the first', async () => {
  const em = database.orm.em.fork();
  await writePauses(em, ['TAGSERVER']);
  await database.client.query("UPDATE sync_pause SET paused_on = '2026-11-01T10:00:00Z'");
  await writePauses(em, ['TAGSERVER', 'MAUTIC']);
  expect(await readPauses(em)).toMatchObject([
    { process: 'MAUTIC' },
    { process: 'TAGSERVER', pausedOn: '2026-11-01T10:00:00Z' },
  ]);
});

test('what has waited to be gathered when the pause began is not sent', async () => {
  const calls: string[] = [];
  const note = (name: string) => async () => {
    calls.push(name);
    return undefined as never;
  };
  const target: RemoteSystem = {
    probe: note('probe'),
    send: note('send'),
    remove: note('remove'),
    release: note('release'),
    optOut: note('optOut'),
    erase: note('erase'),
    refusal: note('refusal'),
    bulk: {
      canGather: () => true,
      sendMany: note('sendMany'),
      sendPage: async (_requests, willCall) => {
        await willCall();
        return note('sendPage')();
      },
    },
  };
  const remote = pausable(target, () => assertNotPaused(database.orm, 'TAGSERVER'));
  await writePauses(database.orm.em.fork(), ['TAGSERVER']);
  const request = {} as SendRequest;
  const all = () =>
    [
      remote.send(request),
      remote.remove(request),
      remote.bulk?.sendMany([request]),
      remote.bulk?.sendPage?.([request], async () => undefined),
      remote.release?.(request as never),
      remote.optOut?.(request as never),
      remote.erase?.(request as never),
      remote.refusal?.(),
    ].map((call) => expect(call));
  for (const call of all()) await call.rejects.toThrow(PausedError);
  expect(calls).toEqual([]);
  await endPauses(database.orm.em.fork(), ['TAGSERVER']);
  for (const call of all()) await call.resolves.toBeUndefined();
  expect(calls.toSorted()).toEqual(['erase', 'optOut', 'refusal', 'release', 'remove', 'send', 'sendMany', 'sendPage']);
});

test('its failure reaches the workflow at once, which knows what must wait', async () => {
  const error = new PausedError({ process: 'TAGSERVER', pausedOn: '2026-11-30T10:00:00Z' });
  const failing = () => Promise.reject(error);
  const failure = await new ErrorMapping()
    .execute({ args: [], headers: {} }, failing)
    .catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'paused', nonRetryable: true });
});
