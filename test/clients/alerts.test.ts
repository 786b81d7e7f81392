import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Alert } from '../../clients/alerts/alert.ts';
import { post } from '../../clients/alerts/alert-watch.ts';
import { findAlerts, type Facts } from '../../clients/alerts/find-alerts.ts';
import { tellAlerts, type Told } from '../../clients/alerts/tell-alerts.ts';
import { withProgress } from '../../database/records/numbers.ts';
import { tagServer } from '../../targets/tagserver/process.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

const PERSON = {
  process: 'TAGSERVER',
  inSync: 500,
  due: 0,
  waiting: 0,
  failing: 0,
  parked: 0,
  suppressed: 0,
  held: 0,
} as const;

/** All is well. */
const WELL: Facts = {
  freshness: [
    { process: 'TAGSERVER', direction: 'outbound', secondsAgo: 40, everySeconds: 60 },
    { process: 'CHATWOOT', direction: 'inbound', secondsAgo: 40, everySeconds: 60 },
  ],
  types: [PERSON, { ...PERSON, process: 'CHATWOOT' }],
  paused: [],
  progress: [],
  oscillating: new Map(),
  listeners: { connected: 1, wanted: true },
};

const kinds = (facts: Partial<Facts>) =>
  findAlerts({ ...WELL, ...facts }).map(({ kind, process }) => `${process} ${kind}`);
const since = (direction: 'outbound' | 'inbound', secondsAgo: number | null, everySeconds = 60): Partial<Facts> => ({
  freshness: [{ process: direction === 'outbound' ? 'TAGSERVER' : 'CHATWOOT', direction, secondsAgo, everySeconds }],
});

describe('which states hold', () => {
  test.each<[string, Partial<Facts>, string[]]>([
    ['all is well', {}, []],
    ['a target was away for five minutes', since('outbound', 330), []],
    ['a target is away for an hour', since('outbound', 3_600), ['TAGSERVER LATE']],
    ['what starts at night has not run since', since('outbound', 80_000, 86_400), []],
    ['what starts at night did not run', since('outbound', 87_000, 86_400), ['TAGSERVER LATE']],
    ['a poll every quarter of an hour is on time', since('inbound', 2_600, 900), []],
    ['a process has never succeeded', since('outbound', null), ['TAGSERVER LATE']],
    ['a first load runs', { ...since('outbound', null), progress: ['TAGSERVER'] }, []],
    ['a process is paused', { ...since('outbound', 9_999), paused: [{ process: 'TAGSERVER' }] }, []],
    [
      'no poll succeeds, though sweeps go on',
      { ...since('inbound', 2_000), progress: ['CHATWOOT'] },
      ['CHATWOOT LATE'],
    ],
    ['the first poll runs', { ...since('inbound', null), progress: ['CHATWOOT'] }, []],
    ['5 % fail', { types: [{ ...PERSON, inSync: 95, failing: 5 }] }, ['TAGSERVER FAILING']],
    ['4 % fail', { types: [{ ...PERSON, inSync: 96, failing: 4 }] }, []],
    ['something is held', { types: [{ ...PERSON, held: 500 }] }, ['TAGSERVER HELD']],
    ['rows change back and forth', { oscillating: new Map([['CHATWOOT', 2]]) }, ['CHATWOOT OSCILLATING']],
    ['the listener is lost', { listeners: { connected: 0, wanted: true } }, ['null LISTENER']],
    ['no listener is wanted', { listeners: { connected: 0, wanted: false } }, []],
  ])('%s', (_what, facts, expected) => {
    expect(kinds(facts)).toEqual(expected);
  });
});

const AWAY = new Error('away');

describe('who is told', () => {
  const LATE: Alert = { kind: 'LATE', process: 'TAGSERVER', text: 'TAGSERVER is late', remedy: 'npx ems-sync check' };
  let database: MigratedDatabase;
  let told: Told[];

  beforeAll(async () => {
    database = await migratedDatabase();
  });

  afterAll(() => database?.close());

  beforeEach(async () => {
    told = [];
    await database.client.query('TRUNCATE sync_alert');
  });

  const look = (alerts: readonly Alert[]) =>
    tellAlerts(database.orm, alerts, async (one) => {
      told.push(one);
    });

  /** As if so much time had passed. */
  const later = (minutes: number) =>
    database.client.query(
      `UPDATE sync_alert SET since = since - interval '${minutes} minutes', seen_on = seen_on - interval '${minutes} minutes'`,
    );

  const events = () => told.map(({ event, kind }) => `${kind} ${event}`);

  test('is told once that a state has begun, and once that it is over', async () => {
    await look([LATE]);
    await later(4);
    await look([LATE]);
    expect(events()).toEqual([]);
    await later(2);
    await look([LATE]);
    await look([LATE]);
    expect(told).toEqual([{ source: 'ems-sync', event: 'begins', since: expect.stringMatching(/Z$/), ...LATE }]);
    await look([]);
    await later(4);
    await look([]);
    expect(events()).toEqual(['LATE begins']);
    await later(2);
    await look([]);
    await look([]);
    expect(events()).toEqual(['LATE begins', 'LATE ends']);
  });

  test('hears nothing of what passes at once, nor of a state that comes and goes while it lasts', async () => {
    await look([LATE]);
    await look([]);
    await later(60);
    await look([LATE]);
    expect(events()).toEqual([]);
    await later(6);
    await look([LATE]);
    await look([]);
    await later(2);
    await look([LATE]);
    await later(4);
    await look([]);
    expect(events()).toEqual(['LATE begins']);
  });

  test('is told with the next look what could not be sent', async () => {
    await look([LATE]);
    await later(6);
    await expect(tellAlerts(database.orm, [LATE], () => Promise.reject(AWAY))).rejects.toThrow('away');
    await look([LATE]);
    expect(events()).toEqual(['LATE begins']);
  });

  test('is not told again what was sent before a message that was not', async () => {
    const OTHER: Alert = { ...LATE, process: 'MAUTIC', text: 'MAUTIC is late' };
    await look([LATE, OTHER]);
    await later(6);
    const sent: (string | null)[] = [];
    const second = async ({ process }: Told) => {
      if (sent.length === 1) throw AWAY;
      sent.push(process);
    };
    await expect(tellAlerts(database.orm, [LATE, OTHER], second)).rejects.toThrow('away');
    await look([LATE, OTHER]);
    const all = [...sent, ...told.map(({ process }) => process)];
    expect(all.toSorted((one, other) => String(one).localeCompare(String(other)))).toEqual(['MAUTIC', 'TAGSERVER']);
  });

  test('is told by one gateway, however many look', async () => {
    await look([LATE]);
    await later(6);
    await Promise.all([look([LATE]), look([LATE]), look([LATE])]);
    expect(events()).toEqual(['LATE begins']);
  });

  test('progress is a row in step or removed, not one that fails', async () => {
    const progress = () => withProgress(database.orm.em.fork(), [tagServer.process], 600);
    await database.client.query(
      "INSERT INTO sync_person (sync_process, entity_key, state, updated_on) VALUES ('TAGSERVER', 1, 'FAILING', now())",
    );
    expect(await progress()).toEqual([]);
    await database.client.query(
      "INSERT INTO sync_person (sync_process, entity_key, state, updated_on) VALUES ('TAGSERVER', 2, 'IN_SYNC', now())",
    );
    expect(await progress()).toEqual(['TAGSERVER']);
    await database.client.query("UPDATE sync_person SET updated_on = now() - interval '11 minutes'");
    expect(await progress()).toEqual([]);
    // Its record is gone; what is left of it stands in the journal.
    await database.client.query('DELETE FROM sync_person WHERE entity_key = 2');
    expect(await progress()).toEqual(['TAGSERVER']);
    await database.client.query("UPDATE sync_journal SET written_on = now() - interval '11 minutes'");
    expect(await progress()).toEqual([]);
  });
});

test('the webhook gets one JSON; an address that refuses or redirects has not taken it', async () => {
  const bodies: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  const message: Told = {
    source: 'ems-sync',
    event: 'begins',
    kind: 'HELD',
    process: 'MAUTIC',
    since: '2026-11-30T12:00:00Z',
    text: 'x',
    remedy: 'y',
  };
  await post(url, message);
  expect(bodies.map((body) => JSON.parse(body))).toEqual([message]);
  for (status of [500, 302]) await expect(post(url, message)).rejects.toThrow();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  // A cause with a code would be taken for PostgreSQL's.
  const away: unknown = await post(url, message).catch((error: unknown) => error);
  expect(away).toEqual(new Error('ALERT_WEBHOOK_URL cannot be reached, or redirects'));
  expect(away).not.toHaveProperty('cause');
});
