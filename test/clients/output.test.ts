import { describe, expect, test } from '@jest/globals';
import { NamespaceNotFoundError } from '@temporalio/common';
import { describeStatus } from '../../clients/cli/status.ts';
import type { TypeStatus } from '../../clients/status.ts';
import { describeExplanation, describeTimeline } from '../../clients/cli/why.ts';
import { age, table } from '../../clients/cli/output.ts';
import { failureOf, serverFailure } from '../../clients/cli/failures.ts';
import { webUiLink } from '../../clients/web-ui-link.ts';

const counts = (some: Partial<TypeStatus>): TypeStatus => ({
  total: 0,
  inSync: 0,
  due: 0,
  waiting: 0,
  failing: 0,
  parked: 0,
  suppressed: 0,
  refusedElsewhere: 0,
  linked: 0,
  unlinked: 0,
  orphans: 0,
  oldestDueSeconds: null,
  comparedSeconds: null,
  ...some,
});

describe('what an operator reads', () => {
  test('tables put numbers to the right, a dash for nothing, and no colours', () => {
    const text = table(
      ['type', 'due'],
      [
        ['Person', 5],
        ['Tag', null],
      ],
    );
    expect(text).toBe('type    due\nPerson    5\nTag       -');
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/\u001b/);
  });

  test.each([
    [null, null],
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7_200, '2 h'],
    [172_800, '2 d'],
  ])('an age of %j seconds is %j', (seconds, text) => {
    expect(age(seconds)).toBe(text);
  });

  test('a status names what is off, and the settings that would switch it on', () => {
    const text = describeStatus(
      {
        inStep: true,
        parked: 0,
        unlinked: 0,
        held: [],
        processes: {
          TAGSERVER: {
            Person: {
              total: 3,
              inSync: 3,
              due: 0,
              waiting: 0,
              failing: 0,
              parked: 0,
              suppressed: 0,
              refusedElsewhere: 0,
              linked: 0,
              unlinked: 0,
              orphans: 0,
              oldestDueSeconds: null,
              comparedSeconds: null,
            },
          },
        },
      },
      { off: [{ process: 'MAUTIC', missing: ['MAUTIC_URL', 'MAUTIC_USERNAME'] }] },
    );
    expect(text).toMatch(/^TAGSERVER\ntype +total +in sync +due .*\nPerson +3 +3 +0 /);
    expect(text).toMatch(/\nin step\nMAUTIC is off: set MAUTIC_URL, MAUTIC_USERNAME$/);
  });

  test('a status of every type fits into 80 letters, and tells what is rare below', () => {
    const large = counts({ total: 99_999, inSync: 99_998, due: 9_999, waiting: 999, failing: 999, parked: 999 });
    const types = { StartGroupParticipant: { ...large, oldestDueSeconds: 7_199, comparedSeconds: 7_199 }, Tag: large };
    const processes = { TAGSERVER: types, CHATWOOT: { Person: counts({ suppressed: 3, linked: 12, orphans: 1 }) } };
    const text = describeStatus({ inStep: false, parked: 0, unlinked: 0, held: [], processes }, { off: [] });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toContain('\nPerson: 3 suppressed, 12 linked, 1 orphans\n');
    expect(text).not.toMatch(/[\u2500-\u257f]/);
  });

  test('a status says what is parked, in step or not', () => {
    const processes = { TAGSERVER: { Person: counts({ total: 13, parked: 13 }) } };
    expect(describeStatus({ inStep: true, parked: 13, unlinked: 0, held: [], processes }, { off: [] })).toMatch(
      /\nin step, 13 parked$/,
    );
    expect(describeStatus({ inStep: false, parked: 1, unlinked: 2, held: [], processes }, { off: [] })).toMatch(
      /\nnot in step, 1 parked, 2 unlinked$/,
    );
  });

  test('an explanation leaves out what there is not', () => {
    const text = describeExplanation(
      { type: 'Person', key: '5' },
      {
        process: 'TAGSERVER',
        inEms: false,
        passesFilter: false,
        conditions: [],
        modifiedOn: null,
        pausedOn: null,
        due: 'deleted',
        record: null,
        workflow: { id: 'TAGSERVER/Person/5', status: null, link: 'http://ui' },
        keepsRemoteId: false,
        refused: [],
      },
    );
    expect(text).toBe(`TAGSERVER: Person/5
  EMS           has no such row
  due           yes: EMS has deleted it
  record        none
  workflow      none in the history
  link          http://ui`);
  });

  test('an explanation of a row that the filter leaves out names the condition, and what would change it', () => {
    const text = describeExplanation(
      { type: 'Person', key: '12' },
      {
        process: 'MAILCHIMP',
        inEms: true,
        passesFilter: false,
        conditions: [
          { name: 'email', holds: true, means: 'has an e-mail address', change: 'enter one' },
          { name: 'wants-email', holds: false, means: 'wants e-mail', change: 'an opted-in preference' },
        ],
        modifiedOn: null,
        pausedOn: null,
        due: null,
        record: null,
        workflow: { id: 'MAILCHIMP/Person/12', status: null, link: 'http://ui' },
        keepsRemoteId: false,
        refused: [],
      },
    );
    expect(text).toMatch(/does not pass.*\n {2}does not hold +wants-email: wants e-mail\n/);
    expect(text).toMatch(/\n {2}would change +an opted-in preference\n/);
    expect(text).not.toContain('has an e-mail address');
  });

  test('a time line has a line for each happening, the latest first', () => {
    const line = { code: null, about: null, hash: 'v1:0', workflowId: 'w' };
    const text = describeTimeline([
      { ...line, on: '2026-11-30T10:00:01.000002Z', process: 'MAUTIC', happened: 'parked', code: 'MAUTIC-400' },
      { ...line, on: '2026-11-29T10:00:01.000002Z', process: 'TAGSERVER', happened: 'waiting', about: 'Event/21' },
    ]);
    expect(text.split('\n')).toEqual([
      'time line, the latest first',
      '  2026-11-30T10:00:01Z MAUTIC    parked MAUTIC-400',
      '  2026-11-29T10:00:01Z TAGSERVER waiting  Event/21',
    ]);
    expect(describeTimeline([])).toContain('nothing');
  });

  test('an explanation of a row that fails says that its attempts go on, and what the last one met', () => {
    const text = describeExplanation(
      { type: 'Person', key: '5' },
      {
        process: 'TAGSERVER',
        inEms: true,
        passesFilter: true,
        conditions: [],
        modifiedOn: '2026-11-23T16:26:01.394132Z',
        pausedOn: null,
        due: 'unconfirmed',
        record: {
          state: 'FAILING',
          remoteId: '5',
          waitingFor: null,
          sharedWith: null,
          lastErrorCode: null,
          lastErrorClass: 'transient',
          lastError: 'TagServer answered PUT persons/5 with 500 unavailable',
          attempts: 5,
          failingSince: '2026-11-23T16:26:38.100067Z',
          entitySyncedOn: null,
          evaluatedOn: null,
          remoteSyncedOn: null,
          updatedOn: null,
        },
        workflow: { id: 'TAGSERVER/Person/5', status: 'RUNNING', link: 'http://ui' },
        keepsRemoteId: false,
        refused: [],
      },
    );
    expect(text).toMatch(/\n {2}due +yes: its attempts fail, and are being retried\n/);
    expect(text).toMatch(/\n {2}last error +transient: TagServer answered PUT persons\/5 with 500 unavailable\n/);
    expect(text).toMatch(/\n {2}attempts +5\n {2}failing since +2026-11-23T16:26:38\.100067Z\n/);
  });

  test('a link leads to the run, or to the latest one', () => {
    const settings = { TEMPORAL_UI_URL: 'https://ui.example/', TEMPORAL_NAMESPACE: 'ems.prod' };
    expect(webUiLink(settings, 'TAGSERVER/Person/5', 'r-1')).toBe(
      'https://ui.example/namespaces/ems.prod/workflows/TAGSERVER%2FPerson%2F5/r-1/history',
    );
    expect(webUiLink(settings, 'TAGSERVER/Person/5')).toBe(
      'https://ui.example/namespaces/ems.prod/workflows/TAGSERVER%2FPerson%2F5',
    );
  });

  test('a database error is told by its code, without row or password', () => {
    const servers = {
      DATABASE_URL: 'postgres://ems:top-secret@db.example/ems',
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'default',
    };
    const told = (code: string) =>
      failureOf(Object.assign(new Error('Key (email)=(someone@example.org)'), { code }), servers).lines.join();
    // A namespace that is away: the gateway answers 503 with Retry-After, the command line says what to do.
    expect(serverFailure(new NamespaceNotFoundError('default'), servers)).toMatch(/has no namespace default/);
    expect(told('28P01')).toMatch(/refused to let ems in/);
    expect(told('42P01')).toMatch(/ems-sync migrate/);
    expect(told('23505')).toMatch(/SQLSTATE 23505/);
    expect(told('ECONNRESET')).toMatch(/db\.example cannot be reached \(ECONNRESET\)/);
    for (const code of ['28P01', '42P01', '23505', 'ECONNRESET', 'EPIPE'])
      expect(told(code)).not.toMatch(/top-secret|someone/);
  });
});
