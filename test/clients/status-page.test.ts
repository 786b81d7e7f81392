import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { html } from '../../clients/gateway/status-page/html.ts';
import { createGateway } from '../../clients/gateway/server.ts';
import { namedTokens } from '../../settings/named-tokens.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

const TOKENS = namedTokens.parse('ops:token-of-ops,ops:next-token-of-ops,ems:token-of-ems');

let database: MigratedDatabase;
let app: FastifyInstance;
let now: number;
let logged = '';
/** How long ago the newest run of every list ended. */
let endedMinutesAgo: number | null;

/** The cron expression of every schedule, seconds first. */
let cron: string;

/** Temporal, as far as the page asks it. */
const temporal = {
  workflow: {
    list: async function* () {
      if (endedMinutesAgo !== null) yield { closeTime: new Date(now - endedMinutesAgo * 60_000) };
    },
    getHandle: () => ({ describe: async () => ({ status: { name: 'COMPLETED' }, runId: 'run-1' }) }),
  },
  schedule: { getHandle: () => ({ describe: async () => ({ spec: { calendars: [{ comment: cron }] } }) }) },
} as unknown as Client;

beforeAll(async () => {
  database = await migratedDatabase();
  const { client, url } = database;
  await client.query(
    "INSERT INTO sync_process_state (name, is_on, missing) VALUES ('TAGSERVER', true, '{}'), ('MAUTIC', false, '{MAUTIC_URL}')",
  );
  await client.query(`INSERT INTO sync_person (sync_process, entity_key, state, last_error_code, last_error) VALUES
    ('TAGSERVER', 1, 'IN_SYNC', NULL, NULL), ('TAGSERVER', 2, 'FAILING', 'TAGSERVER-503', '<img src=x onerror=alert(1)>')`);
  await client.query(
    "INSERT INTO sync_hold (sync_process, entity_type, kind, held, linked, examples, held_hash) VALUES ('TAGSERVER', 'Person', 'delete', 7, 9, '{3,4}', 'x')",
  );
  const { common: settings } = readSettings({ DATABASE_URL: url, TEMPORAL_UI_URL: 'https://ui.example' });
  const parts = { orm: database.orm, temporal, settings, tokens: TOKENS, unreachable: () => 'PostgreSQL is away' };
  app = createGateway({
    log: pino({ level: 'debug' }, { write: (line: string) => (logged += line) }),
    chatwoot: null,
    consent: [],
    onDemand: null,
    unreachable: async () => [],
    statusPage: parts,
    now: () => now,
  });
});

beforeEach(() => {
  // Later than what the last test has had kept.
  now = (now ?? Date.UTC(2027, 4, 1, 12)) + 60_000;
  endedMinutesAgo = 1;
  cron = '15 * * * * * *';
});

afterAll(async () => {
  await app?.close();
  await database?.close();
});

const login = (token: string, headers: Readonly<Record<string, string>> = {}) =>
  app.inject({
    method: 'POST',
    url: '/login',
    headers: { host: 'sync.example', 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams({ token }).toString(),
  });

async function read(url: string, cookie = '') {
  return app.inject({ url, headers: { host: 'sync.example', cookie } });
}

async function cookieOf(token: string): Promise<string> {
  return String((await login(token)).headers['set-cookie']).split(';')[0] ?? '';
}

describe('who may look', () => {
  test('a stranger gets the log-in alone, at every path', async () => {
    const { statusCode, body } = await read('/');
    expect(statusCode).toBe(200);
    expect(body).toContain('<label for="token">');
    expect(body).not.toContain('TAGSERVER');
    expect(await read('/why?type=Person&id=1')).toMatchObject({ statusCode: 303, headers: { location: '/' } });
  });

  test('a token opens a session: a cookie that no script reads, no other site sends, and no plain connection carries', async () => {
    const { statusCode, headers } = await login('next-token-of-ops');
    expect([statusCode, headers['location']]).toEqual([303, '/']);
    expect(headers['set-cookie']).toMatch(
      /^ems_sync_session=ops\.\d+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
    );
    expect(String(headers['set-cookie'])).not.toContain('next-token');
  });

  test.each([
    ['localhost:8080', false],
    ['127.0.0.1:8080', false],
    ['[::1]:8080', false],
    ['127.example', true],
    ['localhost.example', true],
  ])('%s: only with HTTPS: %j', async (host, isSecure) => {
    const { headers } = await login('token-of-ems', { host });
    expect(String(headers['set-cookie']).endsWith('; Secure')).toBe(isSecure);
  });

  test('a session ends after twelve hours, and with what was changed in it', async () => {
    const cookie = await cookieOf('token-of-ops');
    expect((await read('/', cookie)).body).toContain('TAGSERVER');
    for (const other of [cookie.replace('ops.', 'ems.'), cookie.replace(/\.(\d+)\./, '.9999999999.'), `${cookie}x`])
      expect((await read('/', other)).body).toContain('Log in');
    now += 12 * 3_600_000 + 1_000;
    expect((await read('/', cookie)).body).toContain('Log in');
  });

  test('logging out ends the cookie', async () => {
    const { headers } = await app.inject({ method: 'POST', url: '/logout' });
    expect(headers['set-cookie']).toMatch(/^ems_sync_session=; .*Max-Age=0/);
  });

  test('who guesses is told nothing, and locked out', async () => {
    expect(await login('token-of-op')).toMatchObject({ statusCode: 401 });
    for (let n = 0; n < 19; n += 1) await login(`guess-${n}`);
    expect(await login('token-of-ops')).toMatchObject({ statusCode: 429 });
    expect(logged).toContain('locked out');
    expect(logged).not.toMatch(/guess-|token-of/);
    now += 16 * 60_000;
    expect(await login('token-of-ops')).toMatchObject({ statusCode: 303 });
  });
});

describe('the page', () => {
  test('shows each process and type with freshness, counts, holds and codes, and links into the Web UI', async () => {
    const { statusCode, body } = await read('/', await cookieOf('token-of-ops'));
    expect(statusCode).toBe(200);
    expect(body).toContain('Needs a look: 1 held, 1 failing');
    expect(body).toContain('HELD: 7 of 9 Person would leave TAGSERVER');
    expect(body).toMatch(/TAGSERVER<\/th>\s*<td>outbound<\/td>\s*<td class="good">\s*60 s ago/);
    expect(body).toMatch(/TAGSERVER-503<\/th>\s*<td>Person<\/td>\s*<td class="number">1<\/td>/);
    expect(body).toContain('MAUTIC: MAUTIC_URL not set');
    expect(body).toContain('href="https://ui.example/namespaces/default/workflows?query=');
  });

  test('says that a process is late, or that it is paused', async () => {
    endedMinutesAgo = 11;
    expect((await read('/', await cookieOf('token-of-ops'))).body).toContain('late: TAGSERVER outbound');
    now += 60_000;
    cron = '15 0 3 * * * *';
    expect((await read('/', await cookieOf('token-of-ops'))).body).not.toContain('late: ');
    now += 60_000;
    await database.client.query("INSERT INTO sync_pause (sync_process) VALUES ('TAGSERVER')");
    const { body } = await read('/', await cookieOf('token-of-ops'));
    await database.client.query('DELETE FROM sync_pause');
    expect(body).not.toContain('late: ');
    expect(body).toContain('1 paused');
    expect(body).toContain('ems-sync resume TAGSERVER');
    endedMinutesAgo = null;
    now += 60_000;
    expect((await read('/', await cookieOf('token-of-ops'))).body).toContain('never, as far as Temporal knows');
  });

  test('answers why for one row, and nothing that a target has said is HTML', async () => {
    const cookie = await cookieOf('token-of-ops');
    const { body } = await read('/why?type=Person&id=2', cookie);
    expect(body).toContain('TAGSERVER: Person 2');
    expect(body).toContain('&lt;img src=x');
    expect(body).not.toContain('<img');
    expect(body).toContain(
      'href="https://ui.example/namespaces/default/workflows/TAGSERVER%2FPerson%2F2/run-1/history"',
    );
    expect((await read('/why?type=Person&id=77', cookie)).body).toContain('EMS has no Person 77');
    expect(await read('/why?type=Person&id=x', cookie)).toMatchObject({ statusCode: 400 });
  });

  test.each(['/', '/why?type=Person&id=2', '/status.css'])(
    '%s loads nothing from elsewhere, and is framed by nobody',
    async (path) => {
      const { headers, body } = await read(path, await cookieOf('token-of-ops'));
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(body).not.toMatch(/<script|<[^>]*\s(?:style|on\w+)=|@import|url\(/);
      expect(
        [...body.matchAll(/(?:src|href)="([^"]+)"/g)]
          .map(([, target]) => target)
          .filter((target) => !/^(?:\/|#|https:\/\/ui\.example\/)/.test(target ?? '')),
      ).toEqual([]);
    },
  );

  test('has a label for each field, a caption for each table, and no id twice', async () => {
    for (const path of ['/', '/why?type=Person&id=2']) {
      const { body } = await read(path, await cookieOf('token-of-ops'));
      const ids = [...body.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const fields = [...body.matchAll(/<(?:input|select)\s+id="([^"]+)"/g)].map(([, id]) => id);
      for (const id of fields) expect(body).toContain(`<label for="${id}">`);
      expect(body.split('<caption>').length).toBe(body.split('<table>').length);
      expect(body).toMatch(/^<!doctype html>\s+<html lang="en">/);
    }
  });

  test('without the database says so, and shows no detail of the error', async () => {
    const cookie = await cookieOf('token-of-ops');
    await database.client.query('ALTER TABLE sync_due RENAME TO away');
    const { statusCode, body } = await read('/', cookie);
    await database.client.query('ALTER TABLE away RENAME TO sync_due');
    expect([statusCode, body.includes('PostgreSQL is away'), body.includes('sync_due')]).toEqual([503, true, false]);
  });
});

test('values are escaped wherever they stand, and what hides text is written out', () => {
  const evil = `"><script>'&\u{202e}`;
  expect(html`<a title="${evil}">${[html`<b>${1}</b>`, evil]}</a>${null}`.text).toBe(
    '<a title="&quot;&gt;&lt;script&gt;&#39;&amp;\\u{202e}"><b>1</b>&quot;&gt;&lt;script&gt;&#39;&amp;\\u{202e}</a>',
  );
});
