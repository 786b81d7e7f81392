import { describe, expect, test } from '@jest/globals';
import { readSettings, type Environment } from '../../settings/read-settings.ts';
import { problemsOf } from './problems-of.ts';

const SAFE: Environment = {
  DATABASE_URL: 'postgres://ems_sync@db.example/ems?sslmode=verify-full',
  TAGSERVER_URL: 'https://tagserver.example',
  TAGSERVER_TOKEN: 'a token',
  SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
  GATEWAY_TOKENS: `ems:${'x'.repeat(32)}`,
};

describe('outside this machine', () => {
  test.each([
    ['DATABASE_URL', 'postgres://ems_sync@db.example/ems', /^DATABASE_URL must end with \?sslmode=verify-full/],
    ['DATABASE_URL', 'postgres://ems_sync@db.example/ems?sslmode=prefer', /^DATABASE_URL must end with/],
    ['DATABASE_URL', 'postgres://ems_sync@127.0.0.1.example/ems', /^DATABASE_URL must end with/],
    ['TAGSERVER_URL', 'http://tagserver.example', /^TAGSERVER_URL must begin with https:/],
    ['GATEWAY_TOKENS', `ems:${'x'.repeat(31)}`, /^GATEWAY_TOKENS must have tokens of at least 32 characters/],
    ['MAUTIC_WEBHOOK_SECRET', 'x'.repeat(15), /^MAUTIC_WEBHOOK_SECRET must have at least 16 characters/],
  ])('%s=%s is refused, unless ALLOW_INSECURE says otherwise', (name, value, words) => {
    expect(problemsOf(SAFE)).toEqual([]);
    const environment = { ...SAFE, [name]: value };
    const problems = problemsOf(environment);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(words);
    expect(problems[0]).toContain('ALLOW_INSECURE=true');
    expect(problems[0]).not.toContain(value);
    expect(problemsOf({ ...environment, ALLOW_INSECURE: 'true' })).toEqual([]);
  });
});

describe('the credentials of a collector of traces', () => {
  const HEADERS = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector' };
  const open = { ...SAFE, ...HEADERS, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318' };

  test('do not go to another machine in the clear, unless ALLOW_INSECURE says otherwise', () => {
    const problems = problemsOf(open);
    expect(problems).toEqual([expect.stringMatching(/^OTEL_EXPORTER_OTLP_ENDPOINT must begin with https:.*HEADERS/)]);
    expect(problems.join()).not.toContain('of-the-collector');
    const here = { DATABASE_URL: 'postgres://ems@localhost/ems', TAGSERVER_URL: 'http://localhost:8085' };
    expect(problemsOf({ ...open, ...here })).toHaveLength(1);
    expect(problemsOf({ ...open, ALLOW_INSECURE: 'true' })).toEqual([]);
  });

  test.each([
    ['https', { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example' }],
    ['a collector on this machine', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }],
    ['no credentials', { OTEL_EXPORTER_OTLP_HEADERS: undefined }],
  ])('are no problem with %s', (_what, change) => {
    expect(problemsOf({ ...open, ...change })).toEqual([]);
  });
});

test.each([
  'postgres://ems@localhost/ems',
  'postgres://ems@127.0.0.1:5432/ems',
  'postgres://ems@[::1]/ems',
  'postgres:///ems?host=/run/postgresql',
])('on this machine (%s) all of that is accepted', (url) => {
  const here = { DATABASE_URL: url, TAGSERVER_URL: 'http://localhost:8085', GATEWAY_TOKENS: 'ems:short' };
  expect(problemsOf({ ...SAFE, ...here })).toEqual([]);
});

describe('tokens', () => {
  test('have names, and are kept as hashes', () => {
    const { GATEWAY_TOKENS } = readSettings({
      ...SAFE,
      GATEWAY_TOKENS: `ems:${'x'.repeat(32)}, shop:${'y'.repeat(32)}`,
    }).common;
    expect(GATEWAY_TOKENS?.map(({ name }) => name)).toEqual(['ems', 'shop']);
    expect(JSON.stringify(GATEWAY_TOKENS)).not.toContain('xxxx');
  });

  test.each(['x'.repeat(40), ':token', 'EMS:token', 'ems:', 'ems:a b', 'ems:a,,shop:b'])('are not %j', (tokens) => {
    const [problem, ...others] = problemsOf({ ...SAFE, GATEWAY_TOKENS: tokens });
    expect(problem).toMatch(/^GATEWAY_TOKENS must be NAME:TOKEN/);
    expect(others).toEqual([]);
  });
});

test.each([
  'a/secret-of-mailchimp',
  'a%2fsecret-of-mailchimp',
  'with a blank of mailchimp',
  'ünicode-secret-of-mc',
  'x'.repeat(201),
])('a secret of MailChimp that a path cannot carry is refused: %s', (secret) => {
  const [problem] = problemsOf({ ...SAFE, MAILCHIMP_WEBHOOK_SECRET: `good-secret-of-mailchimp,${secret}` });
  expect(problem).toMatch(/^MAILCHIMP_WEBHOOK_SECRET must be at most 200 letters/);
  expect(problem).not.toContain(secret);
});

test.each(['10.0.0.0/8', '192.0.2.1, 2001:db8::/32'])('proxies at %s are trusted', (proxies) => {
  expect(problemsOf({ ...SAFE, GATEWAY_TRUSTED_PROXIES: proxies })).toEqual([]);
});

test.each(['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', ''.padEnd(3, ',')])('no proxy is at %j', (proxies) => {
  expect(problemsOf({ ...SAFE, GATEWAY_TRUSTED_PROXIES: proxies })[0]).toMatch(/^GATEWAY_TRUSTED_PROXIES must be/);
});

test('the address for alerts may not hold a password: it could not be sent, and would stand in the log', () => {
  expect(problemsOf({ ...SAFE, ALERT_WEBHOOK_URL: 'https://hooks.example/x' })).toEqual([]);
  const [problem] = problemsOf({ ...SAFE, ALERT_WEBHOOK_URL: 'https://ems:word@hooks.example/x' });
  expect(problem).toMatch(/^ALERT_WEBHOOK_URL must have no user and password/);
  expect(problem).not.toContain('word@');
});
