import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { callerOf } from '../../clients/gateway/on-demand/bearer.ts';
import { demoEnvironment, shellLines } from '../../demo/environment.ts';
import { readSettings } from '../../settings/read-settings.ts';

const addresses = {
  databaseUrl: 'postgres://postgres:secret@127.0.0.1:5432/ems',
  temporalAddress: '127.0.0.1:7233',
  uiUrl: 'http://127.0.0.1:8233',
  syncKey: Buffer.alloc(32, 7).toString('base64'),
  gatewayPort: 8090,
  gatewayToken: 'token-of-the-demo',
  targets: new Map([
    ['TAGSERVER', { TAGSERVER_URL: 'http://127.0.0.1:8085', TAGSERVER_TOKEN: "it's a token" }],
  ] as const),
};

describe('environment of a demo', () => {
  test('switches on the simulated targets, with a sweep every five seconds', () => {
    const { common, enabled } = readSettings(demoEnvironment(addresses));
    expect(common).toMatchObject({ DATABASE_URL: addresses.databaseUrl, TEMPORAL_ADDRESS: '127.0.0.1:7233' });
    expect(enabled).toMatchObject([
      { settings: { TAGSERVER_TOKEN: "it's a token" }, cron: { outbound: '*/5 * * * * * *' } },
    ]);
  });

  test('gives processes that are read back a key, and the gateway its port and a token', () => {
    const { common } = readSettings(demoEnvironment(addresses));
    expect(common).toMatchObject({ SYNC_KEY: [new Uint8Array(32).fill(7)], GATEWAY_PORT: 8090 });
    expect(common.GATEWAY_TOKENS).toMatchObject([{ name: 'demo' }]);
    expect(callerOf('token-of-the-demo', common.GATEWAY_TOKENS ?? [])).toBe('demo');
  });

  test('switches off what a shell or .env says about real systems', () => {
    const real = {
      TAGSERVER_TOKEN_FILE: '/run/secrets/real',
      TEMPORAL_API_KEY: 'real',
      TAGSERVER_URL: 'https://real.example',
    };
    const none = demoEnvironment({ ...addresses, targets: new Map() });
    const { common, enabled } = readSettings({ ...real, ...none });
    expect(enabled).toEqual([]);
    expect(common.TEMPORAL_API_KEY).toBeUndefined();
  });

  test('comes through a shell unchanged', () => {
    const environment = demoEnvironment(addresses);
    const print = 'process.stdout.write(JSON.stringify(process.env))';
    const script = `set -a\n${shellLines(environment)}set +a\nexec "$0" -e '${print}'`;
    const seen = JSON.parse(execFileSync('/bin/sh', ['-c', script, process.execPath], { encoding: 'utf8', env: {} }));
    expect(seen).toMatchObject(environment);
  });
});
