import { describe, expect, test } from '@jest/globals';
import { isSettingOf, readProgramSettings } from '../../settings/programs.ts';
import { knownSettings } from '../../settings/read-settings.ts';
import { TARGETS } from '../../targets/index.ts';

const ofTargets = TARGETS.flatMap(({ settings }) => Object.keys(settings.shape));

describe.each(['gateway', 'listener'] as const)('the %s', (program) => {
  test('reads no credential of a target and no SYNC_KEY', () => {
    expect(ofTargets.length).toBeGreaterThan(10);
    expect([...ofTargets, 'SYNC_KEY'].filter((name) => isSettingOf(program, name))).toEqual([]);
  });

  test('starts though settings of others are wrong, and does not look at them', () => {
    const settings = readProgramSettings(program, {
      DATABASE_URL: 'postgres://ems_sync_gateway@127.0.0.1:5432/ems',
      SYNC_KEY: 'wrong',
      SYNC_KEY_FILE: '/nowhere',
      TAGSERVER_URL: 'wrong',
      MAUTIC_URL_FILE: '/nowhere',
    });
    expect(settings.SYNC_KEY).toBeUndefined();
  });

  test('is told what is wrong with its own', () => {
    const own = { DATABASE_URL: 'mysql://x', GATEWAY_PORT: 'x', LISTENER_PORT: 'x' };
    const port = `${program.toUpperCase()}_PORT`;
    expect(() => readProgramSettings(program, own)).toThrow(/DATABASE_URL must be/);
    expect(() => readProgramSettings(program, own)).toThrow(new RegExp(`${port} must be`));
  });
});

test('every setting is read by a program', () => {
  const programs = ['gateway', 'listener', 'worker'] as const;
  expect(knownSettings().filter((name) => !programs.some((program) => isSettingOf(program, name)))).toEqual([]);
});

test('workers read no token of the gateway', () => {
  for (const name of ['GATEWAY_TOKENS', 'CHATWOOT_WEBHOOK_SECRET']) expect(isSettingOf('worker', name)).toBe(false);
});
