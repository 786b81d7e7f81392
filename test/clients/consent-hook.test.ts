import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { ConsentHook } from '../../clients/gateway/consent-hook.ts';
import { createGateway } from '../../clients/gateway/server.ts';
import { waitUntil } from '../wait-until.ts';

const apps: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** The webhook routes of one target on a gateway, with a stub behind them. */
function hookWith(follow: ConsentHook['follow'], lines: string[] = [], contacts: readonly string[] = ['5']) {
  const hook: ConsentHook = {
    process: 'MAUTIC',
    path: '/hooks/mautic',
    verify: () => ({ genuine: true, digest: 'd', validForMs: 1_000 }),
    contactsIn: () => contacts,
    follow,
    taken: { take: async () => true, forget: async () => {} },
    reasonOf: (error) => (error instanceof Error ? error.message : 'unknown'),
  };
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const app = createGateway({ log, chatwoot: null, consent: [hook], onDemand: null, unreachable: async () => [] });
  apps.push(app);
  return () =>
    app.inject({ method: 'POST', url: '/hooks/mautic', payload: 'x', headers: { 'content-type': 'text/x' } });
}

describe('a webhook', () => {
  test('is answered within some two seconds though nothing behind the gateway answers, and is followed later', async () => {
    const { promise, resolve } = Promise.withResolvers<'asked'>();
    let followed = 0;
    const ask = hookWith(async () => {
      const answer = await promise;
      followed += 1;
      return answer;
    });
    const since = performance.now();
    expect((await ask()).statusCode).toBe(202);
    const waited = performance.now() - since;
    expect(waited).toBeGreaterThan(1_500);
    // Two seconds, and room for a busy machine.
    expect(waited).toBeLessThan(30_000);
    resolve('asked');
    await waitUntil({ what: 'the contact followed' }, () => followed > 0);
    expect(followed).toBe(1);
  });

  test('whose following fails after its answer is told in the log', async () => {
    const { promise, reject } = Promise.withResolvers<'asked'>();
    const lines: string[] = [];
    expect((await hookWith(() => promise, lines)()).statusCode).toBe(202);
    reject(new Error('Temporal is away'));
    await waitUntil({ what: 'the line' }, () => lines.join('').includes('Temporal is away'));
  });

  test('that names more than a hundred contacts has a hundred looked at, each once, and says so', async () => {
    const contacts = Array.from({ length: 50_000 }, (_, n) => String(n));
    const lines: string[] = [];
    const looked: string[] = [];
    const ask = hookWith(
      async (id) => {
        looked.push(id);
        return 'dropped';
      },
      lines,
      [...contacts, ...contacts],
    );
    expect((await ask()).statusCode).toBe(200);
    expect(looked).toEqual(contacts.slice(0, 100));
    expect(lines.join('')).toContain('"contacts":50000,"followed":100,');
  });

  test('is answered with 200 where what is behind it is quick, and with 503 where that fails', async () => {
    expect((await hookWith(async () => 'asked')()).statusCode).toBe(200);
    expect((await hookWith(() => Promise.reject(new Error('no')))()).statusCode).toBe(503);
  });
});
