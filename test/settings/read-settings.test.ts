import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { knownSettings, readSettings, type Environment } from '../../settings/read-settings.ts';
import { TARGETS } from '../../targets/index.ts';
import { problemsOf } from './problems-of.ts';

const MINIMAL: Environment = { DATABASE_URL: 'postgres://ems_sync@db.example:5432/ems?sslmode=verify-full' };
const WITH_TAGSERVER: Environment = {
  ...MINIMAL,
  TAGSERVER_URL: 'https://tagserver.example',
  TAGSERVER_TOKEN: 'a token',
  SYNC_KEY: Buffer.alloc(32, 1).toString('base64'),
};

test('the database is all that has to be set; the rest has defaults', () => {
  const { common } = readSettings(MINIMAL);
  expect(common).toMatchObject({
    TEMPORAL_ADDRESS: 'localhost:7233',
    TEMPORAL_NAMESPACE: 'default',
    SETTLE_MS: 1_000,
    LOG_LEVEL: 'info',
  });
  expect(common.METRICS_PORT).toBeUndefined();
});

test('a process without any of its settings is off, and says which would switch it on', () => {
  const { enabled, off } = readSettings(MINIMAL);
  expect(enabled).toEqual([]);
  expect(off.map(({ process }) => process)).toEqual(TARGETS.map(({ process }) => process.name));
  const ours = [
    { process: 'TAGSERVER', missing: ['TAGSERVER_URL', 'TAGSERVER_TOKEN'] },
    { process: 'MAUTIC', missing: ['MAUTIC_URL'] },
    { process: 'MAILCHIMP', missing: ['MAILCHIMP_API_KEY', 'MAILCHIMP_LIST_ID'] },
    { process: 'RUNSIGNUP', missing: ['RUNSIGNUP_URL', 'RUNSIGNUP_API_KEY', 'RUNSIGNUP_API_SECRET'] },
    {
      process: 'CHATWOOT',
      missing: ['CHATWOOT_URL', 'CHATWOOT_ACCOUNT_ID', 'CHATWOOT_TOKEN', 'CHATWOOT_INBOX_ID'],
    },
  ];
  expect(off).toEqual(expect.arrayContaining(ours));
});

test('a process with all its settings is on, each minute unless a schedule is set', () => {
  const [everyMinute] = readSettings(WITH_TAGSERVER).enabled;
  expect(everyMinute?.settings).toEqual({ TAGSERVER_URL: 'https://tagserver.example', TAGSERVER_TOKEN: 'a token' });
  expect(everyMinute?.cron).toEqual({ outbound: '* * * * *' });
  const [nightly] = readSettings({ ...WITH_TAGSERVER, SYNC_CRON_TAGSERVER_OUTBOUND: '0 3 * * *' }).enabled;
  expect(nightly?.cron).toEqual({ outbound: '0 3 * * *' });
  expect(everyMinute?.compareCron).toBeUndefined();
  const [compared] = readSettings({ ...WITH_TAGSERVER, SYNC_CRON_TAGSERVER_COMPARE: '17 2 * * *' }).enabled;
  expect(compared?.compareCron).toBe('17 2 * * *');
});

test('no process works without SYNC_KEY: a hash without a key can be guessed (TAGSERVER alone, too)', () => {
  const { SYNC_KEY: _, ...without } = WITH_TAGSERVER;
  expect(problemsOf(without)).toEqual([
    'SYNC_KEY is missing: TAGSERVER cannot be synced without it (openssl rand -base64 32)',
  ]);
  expect(problemsOf(MINIMAL)).toEqual([]);
});

test('a process with half its settings is a mistake, not off', () => {
  expect(problemsOf({ ...MINIMAL, TAGSERVER_URL: 'https://tagserver.example' })).toEqual([
    'TAGSERVER_TOKEN is missing: it must be the bearer token that TagServer knows this client by',
  ]);
});

test('all problems are told at once, a line each', () => {
  const environment = {
    TEMPORAL_ADDRESS: 'http://localhost:7233',
    SETTLE_MS: 'soon',
    LOG_LEVEL: 'loud',
    METRICS_PORT: '70000',
    TAGSERVER_URL: 'tagserver',
    SYNC_CRON_TAGSERVER_OUTBOUND: 'hourly',
  };
  const problems = problemsOf(environment);
  expect(problems).toHaveLength(8);
  expect(new Set(problems.map((problem) => problem.split(' ')[0]))).toEqual(
    new Set(['DATABASE_URL', 'TAGSERVER_TOKEN', ...Object.keys(environment)]),
  );
  for (const problem of problems) expect(problem).not.toContain('\n');
  expect(() => readSettings(environment)).toThrow(problems.join('\n'));
});

describe('wrong, with words that say what would be right:', () => {
  test.each([
    ['DATABASE_URL', 'mysql://db.example/ems', /must be the address of EMS's PostgreSQL/],
    ['DATABASE_URL', 'ems', /must be the address/],
    ['TEMPORAL_ADDRESS', 'localhost', /must be host:port/],
    ['SETTLE_MS', '-1', /must be a whole number of milliseconds/],
    ['SETTLE_MS', '1.5', /must be a whole number/],
    ['SETTLE_MS', '86400001', /at most a day/],
    ['METRICS_PORT', '65536', /must be a port number/],
    ['METRICS_PORT', 'http', /must be a port number/],
    ['GATEWAY_PORT', '65536', /must be a port number/],
    ['HEALTH_PORT', '-1', /must be a port number/],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', /must be the http\(s\) address of an OTLP collector/],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization', /must be name=value/],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=%E0%A4%A', /must be name=value/],
    ['CHATWOOT_WEBHOOK_SECRET', 'one,,two', /must be the webhook's secret/],
    ['LOG_LEVEL', 'INFO', /must be trace, debug, info/],
    ['TAGSERVER_URL', 'ftp://tagserver.example', /must be the http\(s\) address/],
    ['SYNC_CRON_TAGSERVER_OUTBOUND', '* * * *', /5 to 7 fields/],
    ['SYNC_CRON_TAGSERVER_OUTBOUND', '60 * * * *', /minute/],
    ['SYNC_CRON_TAGSERVER_COMPARE', 'nightly', /5 to 7 fields/],
    ['SYNC_CRON_TAGSERVER_OUTBOUND', '* * 31 2 *', /never/],
    ['SYNC_CRON_TAGSERVER_OUTBOUND', 'every five minutes or so', /cron expression/],
  ])('%s=%s', (name, value, words) => {
    const problems = problemsOf({ ...WITH_TAGSERVER, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} `));
    expect(problems[0]).toMatch(words);
  });
});

test.each(['', ' '])('set to %j is not set', (nothing) => {
  expect(problemsOf({ DATABASE_URL: nothing })).toHaveLength(1);
  const { common, off } = readSettings({
    ...MINIMAL,
    SETTLE_MS: nothing,
    METRICS_PORT: nothing,
    TAGSERVER_URL: nothing,
  });
  expect(common.SETTLE_MS).toBe(1_000);
  expect(common.METRICS_PORT).toBeUndefined();
  expect(off).toHaveLength(TARGETS.length);
});

test('headers of traces are decoded', () => {
  const { common } = readSettings({ ...MINIMAL, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20ZW1z, x-team=ems' });
  expect(common.OTEL_EXPORTER_OTLP_HEADERS).toEqual({ authorization: 'Basic ZW1z', 'x-team': 'ems' });
});

test('the secrets of webhooks are a list, and nothing says what they are', () => {
  expect(readSettings(MINIMAL).common.CHATWOOT_WEBHOOK_SECRET).toBeUndefined();
  const { common } = readSettings({
    ...MINIMAL,
    CHATWOOT_WEBHOOK_SECRET: 'new-secret-of-chatwoot, old-secret-of-chatwoot',
  });
  expect(common.CHATWOOT_WEBHOOK_SECRET).toEqual(['new-secret-of-chatwoot', 'old-secret-of-chatwoot']);
  expect(common.GATEWAY_PORT).toBe(8080);
  expect(problemsOf({ ...MINIMAL, CHATWOOT_WEBHOOK_SECRET: 's3cret,' }).join()).not.toContain('s3cret');
});

describe('a setting in a file named by NAME_FILE', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'settings '));
    writeFileSync(join(folder, 'token'), 'from the file\n');
    writeFileSync(join(folder, 'empty'), '\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const { TAGSERVER_TOKEN: _, ...WITHOUT_TOKEN } = WITH_TAGSERVER;
  const tokenFrom = (file: string) => ({ ...WITHOUT_TOKEN, TAGSERVER_TOKEN_FILE: join(folder, file) });

  test('is read, without the line end', () => {
    expect(readSettings(tokenFrom('token')).enabled[0]?.settings['TAGSERVER_TOKEN']).toBe('from the file');
  });

  test('gives way to the variable itself', () => {
    const both = { ...tokenFrom('token'), TAGSERVER_TOKEN: 'from the variable' };
    expect(readSettings(both).enabled[0]?.settings['TAGSERVER_TOKEN']).toBe('from the variable');
  });

  test.each([
    ['missing', 'cannot read'],
    ['empty', 'is empty'],
  ])('is one problem, naming the file, if that is %s', (file, words) => {
    const problems = problemsOf(tokenFrom(file));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^TAGSERVER_TOKEN_FILE: /);
    expect(problems[0]).toContain(words);
    expect(problems[0]).toContain(join(folder, file));
  });
});

test('no problem quotes a secret', () => {
  const problems = problemsOf({ DATABASE_URL: 'mysql://ems:s3cret@db.example/ems', TAGSERVER_TOKEN: 's3cret' });
  expect(problems).toHaveLength(2);
  expect(problems.join('\n')).not.toContain('s3cret');
});

test('.env.example lists every setting, and no other', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const listed = [...example.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
  expect(new Set(listed)).toEqual(new Set(knownSettings()));
  expect(listed).toHaveLength(knownSettings().length);
});

test('CONSENT_SCOPE is target unless it is set, and any other word is refused by name', () => {
  expect(readSettings(MINIMAL).common.CONSENT_SCOPE).toBe('target');
  expect(readSettings({ ...MINIMAL, CONSENT_SCOPE: 'organisation' }).common.CONSENT_SCOPE).toBe('organisation');
  expect(problemsOf({ ...MINIMAL, CONSENT_SCOPE: 'everywhere' })).toEqual([
    'CONSENT_SCOPE must be target or organisation',
  ]);
});
