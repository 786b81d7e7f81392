import { describe, expect, test } from '@jest/globals';
import { knownSettings } from '../../settings/read-settings.ts';
import { misspelt } from '../../settings/misspelt.ts';
import { problemsOf } from './problems-of.ts';

const told = (environment: Record<string, string>) => misspelt(environment, knownSettings());

describe('a setting that is spelt wrong', () => {
  test.each([
    ['TAGSERVER_TOKN', 'TAGSERVER_TOKEN'],
    ['TAGSEVRER_URL', 'TAGSERVER_URL'],
    ['SYNC_KEYS', 'SYNC_KEY'],
    ['MAILCHIMP_APIKEY', 'MAILCHIMP_API_KEY'],
    ['tagserver_url', 'TAGSERVER_URL'],
    ['SYNC_KEY_FLIE', 'SYNC_KEY_FILE'],
    ['SYNC_CRON_MAUTIC_OUTBUOND', 'SYNC_CRON_MAUTIC_OUTBOUND'],
  ])('%s is named with %s', (wrong, right) => {
    expect(told({ [wrong]: 'x' })).toEqual([`${wrong} is no setting: did you mean ${right}?`]);
  });

  test('stops the start, with every other problem', () => {
    const problems = problemsOf({
      DATABASE_URL: 'postgres://ems@db/ems',
      TAGSERVER_URL: 'http://t',
      TAGSERVER_TOKN: 'x',
    });
    expect(problems).toContain('TAGSERVER_TOKN is no setting: did you mean TAGSERVER_TOKEN?');
    expect(problems.some((problem) => problem.startsWith('TAGSERVER_TOKEN is missing'))).toBe(true);
  });
});

test('the environment of others is left alone: no setting of ours, far from ours, or empty', () => {
  const others = [
    'PATH',
    'HOME',
    'TEMPORAL_CLI',
    'GATEWAY_URL',
    'NODE_OPTIONS',
    'DATABASE_HOST',
    'SYNC',
    'KUBERNETES_PORT',
  ];
  expect(told(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual([]);
  expect(told(Object.fromEntries(knownSettings().map((name) => [name, 'x'])))).toEqual([]);
  expect(told({ TAGSERVER_TOKN: ' ' })).toEqual([]);
});
