import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';

/**
 * Every retry has a limit, after which it becomes visible: a pair is FAILING with its error, a sweep or poll reports
 * what it could not do, a workflow fails. The tables list all places; add each new proxy, loop or timer here, with how
 * it becomes visible. An activity that no worker takes is reported by `check`, and its row counts as due.
 */
const PROXIES: Readonly<Record<string, { readonly bound: RegExp; readonly face: string }>> = {
  recordActivities: {
    bound: /maximumAttempts: 8/,
    face: 'tellFailure and onFailing in isRecorded: FAILING with its error, in Temporal also while the database is away',
  },
  failureActivities: { bound: /maximumAttempts: 3/, face: 'the log; SyncOutcome FAILING in Temporal' },
  planActivities: {
    bound: /scheduleToCloseTimeout: '1 hour'/,
    face: 'the sweep ends red, and no type counts as compared',
  },
  sweepActivities: {
    bound: /scheduleToCloseTimeout: '10 minutes'/,
    face: 'the sweep ends incomplete, with the type and its error',
  },
  probeActivities: { bound: /scheduleToCloseTimeout: '2 minutes'/, face: 'the sweep or poll ends red' },
  shadowActivities: {
    bound: /maximumAttempts: 2/,
    face: 'the sweep of a process in shadow mode ends as target-down, with the reason',
  },
  compareActivities: {
    bound: /maximumAttempts: 5/,
    face: 'the comparison ends red; the next one begins anew',
  },
  inlineActivities: {
    bound: /maximumAttempts: 1/,
    face: 'the failed attempt counts as the first of firstAttempts, which follow',
  },
  firstAttempts: {
    bound: /maximumAttempts: ATTEMPTS_BEFORE_FAILING/,
    face: 'noteFailure: FAILING; tellingSoon where a target asks for pauses of minutes',
  },
  persistentAttempts: {
    bound: /scheduleToCloseTimeout: '24 hours'/,
    face: 'FAILING before they begin; then the workflow ends red',
  },
  oneAttempt: { bound: /maximumAttempts: 1/, face: 'noteFailure: FAILING' },
  pageActivities: {
    bound: /maximumAttempts: 4/,
    face: 'the rows leave the page for their own workflows, or the sweep ends target-down',
  },
  commandActivities: {
    bound: /scheduleToCloseTimeout: '2 minutes'/,
    face: 'tellFailure and onFailing in run: FAILING; after an hour red',
  },
  pollActivities: { bound: /maximumAttempts: 3/, face: 'the list counts as unread, with the reason' },
  cursorActivities: {
    bound: /scheduleToCloseTimeout: '10 minutes'/,
    face: 'the poll ends red; the next reads the list again',
  },
  resolveActivities: {
    bound: /maximumAttempts: ATTEMPTS_BEFORE_FAILING[\s\S]*scheduleToCloseTimeout: '24 hours'/,
    face: 'recordUnresolved: FAILING; then the workflow ends red',
  },
  hintedActivities: {
    bound: /scheduleToCloseTimeout: '2 minutes'[\s\S]*maximumAttempts: 3/,
    face: 'a hint only says where to look: the next poll finds the record',
  },
  retentionActivities: {
    bound: /scheduleToCloseTimeout: '2 hours'/,
    face: 'the run of retention ends red; the next day deletes what is left',
  },
};

/** Endless loops in the shipped code, and what ends them. */
const ENDLESS: Readonly<Record<string, string>> = {
  'workflows/attempt-durably.ts': 'persistentAttempts throws after a day; each round has noted a failure before',
  'workflows/sync-entity.ts':
    'ROUNDS_WHEN_BLOCKED, ROUNDS_WHEN_ERASING, ATTEMPTS_WITHOUT_DATABASE, ATTEMPTS_AT_COMMAND',
  'workflows/ask-pair.ts': 'the other workflow either runs, and takes the signal, or has ended, and is started',
  'workflows/poll-inbound.ts': 'as ask-pair',
  'activities/deliver.ts': 'RAISES',
  'activities/deliver-page.ts': 'WRITE_AGAIN_MS; then the activity fails',
  'activities/page-claims.ts':
    'a worker that stands still between a statement and its answer; the claims end after CLAIMED_MS',
  'activities/pair-locks.ts': 'PAGE_TIMEOUT_MS; then the attempt fails as transient',
  'targets/mailchimp/api.ts': 'Paging',
  'targets/mailchimp/archived-members.ts': 'Paging',
  'targets/runsignup/removed-feed.ts': 'the last page, and Paging',
  'database/advisory-locks.ts': 'a deadline; then the attempt fails as transient',
  'clients/gateway/on-demand/kept-answers.ts': 'a caller waits, with a time limit',
  'clients/listener/bring.ts': 'WAITS_AT_MOST',
  'clients/listener/sweeps.ts': 'a program that stays up; each round is logged when it fails',
  'clients/request-sync.ts': 'a number of attempts; then the caller is told',
  'clients/rekey/rekey-addresses.ts': 'the last page; a failure ends the command',
  'clients/rekey/rekey-conflicts.ts': 'the last page; a failure ends the command',
  'clients/rekey/rekey-messages.ts': 'the last page; a failure ends the command',
  'clients/rekey/rekey-records.ts': 'the last page; a failure ends the command',
  'clients/stop-if-foreign.ts': 'a program that stays up; it stops with the program',
  'database/detection/scan.ts': 'the last page, or SCAN_MS',
  'database/records/retention.ts': 'the last page; a failure ends the activity',
  'clients/search-attributes.ts': 'a time limit; then the command fails',
};

const source = (file: string) => readFileSync(join(projectFolder, file), 'utf8');

describe('no retry is without a bound and a face', () => {
  const blocks = source('workflows/activity-proxies.ts')
    .split(/^export const /m)
    .slice(1)
    .filter((block) => /proxy(Local)?Activities</.test(block))
    .map((block) => [/^\w+/.exec(block)?.[0] ?? '', block.replace(/^ATTEMPT\b.*$/m, '')] as const);

  test('every activity that a workflow calls goes through a proxy that is known here', () => {
    expect(blocks.map(([name]) => name).toSorted()).toEqual(Object.keys(PROXIES).toSorted());
    const elsewhere = readdirSync(join(projectFolder, 'workflows')).filter(
      (file) => file !== 'activity-proxies.ts' && /proxy(Local)?Activities[<(]/.test(source(`workflows/${file}`)),
    );
    expect(elsewhere).toEqual([]);
  });

  test.each(blocks)('%s has its bound', (name, block) => {
    expect(block).toMatch(PROXIES[name]?.bound ?? /never/);
  });

  test('every loop without an end of its own is known here, with what ends it', () => {
    const rooms = ['workflows', 'activities', 'targets', 'database', 'clients', 'workers', 'sync', 'settings'];
    const found = rooms.flatMap((room) =>
      readdirSync(join(projectFolder, room), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => `${room}/${file}`)
        .filter((file) => /for \(;;\)|for \(let [^;]*; ; |while \(true\)/.test(source(file))),
    );
    expect(found.toSorted()).toEqual(Object.keys(ENDLESS).toSorted());
  });
});
