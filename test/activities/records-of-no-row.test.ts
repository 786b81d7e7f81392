import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findChanged } from '../../activities/find-changed.ts';
import { resolveRemote } from '../../activities/resolve-remote.ts';
import { keyedHash } from '../../sync/keyed-hash.ts';
import { TARGETS } from '../../targets/index.ts';
import type { InboundSource, RemoteRecord } from '../../targets/inbound-source.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

let database: LockedDatabase;

beforeAll(async () => {
  database = await lockedDatabase();
});

afterAll(async () => {
  await database?.close();
});

/** ChatWoot with one contact, which a poll lists. */
function withContact(contact: Partial<RemoteRecord> & Pick<RemoteRecord, 'remoteId' | 'content'>) {
  const record: RemoteRecord = {
    type: 'Person',
    emsKey: null,
    modifiedOn: '2026-05-01T10:00:00Z',
    complete: true,
    references: {},
    related: [],
    messages: null,
    removed: false,
    successor: null,
    ...contact,
  };
  const fetched: string[] = [];
  const inbound: InboundSource = {
    overlapMs: 0,
    lag: { listMs: 0, recordMs: 0 },
    scopes: async () => ['all'],
    list: async () => ({ records: [record], next: null, seenUpTo: null }),
    fetch: async ({ remoteId }) => {
      fetched.push(remoteId);
      return record;
    },
  };
  const remote = { inbound } as unknown as RemoteSystem;
  const dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    locks: database.locks,
  });
  const ref = { process: 'CHATWOOT', type: 'Person', remoteId: record.remoteId } as const;
  return {
    fetched,
    resolve: () => resolveRemote(dependencies, ref),
    unknown: async () =>
      (await findChanged(dependencies, { process: 'CHATWOOT', type: 'Person', scope: 'all', page: null })).unknown.map(
        ({ remoteId }) => remoteId,
      ),
  };
}

test('a record of a row that EMS has deleted is no row’s: it is looked at anew, and makes a new one', async () => {
  const contact = withContact({ remoteId: '47', content: { name: 'Ana Silva', email: 'ana@clube.example' } });
  await database.client.query(
    `INSERT INTO sync_person (sync_process, entity_key, remote_id, state) VALUES ('CHATWOOT', 999999, '47', 'REMOVED')`,
  );
  const resolution = await contact.resolve();
  expect(contact.fetched).toEqual(['47']);
  expect(resolution).not.toMatchObject({ rows: [{ key: '999999' }] });
});

test.each([
  ['e-mail address', 'email', 'gone@clube.example', { email: 'gone@clube.example' }],
  ['phone number alone', 'sms', '+351912345678', { phone_number: '+351912345678' }],
])(
  'a record of an erased %s gets no row: it is looked at once, and again when it has changed',
  async (_, channel, address, content) => {
    const remoteId = `4${address.length}`;
    await database.client.query(
      `INSERT INTO sync_suppression (sync_process, address_hash, channel, reason) VALUES ('CHATWOOT', $1, $2, 'erased')`,
      [keyedHash(`address:${channel}`, address, [Buffer.alloc(32, 7)]), channel],
    );
    const erased = withContact({ remoteId, content: { name: 'Eva', ...content } });
    expect(await erased.unknown()).toEqual([remoteId]);
    expect(await erased.resolve()).toEqual({ kind: 'nothing', reason: expect.stringContaining('was erased') });
    expect(await erased.unknown()).toEqual([]);

    const other = withContact({ remoteId, content: { name: 'Eva', email: `eva.${channel}@clube.example` } });
    expect(await other.unknown()).toEqual([remoteId]);
    expect(await other.resolve()).toMatchObject({ kind: 'linked', rows: [{ type: 'Person', how: 'created' }] });
    expect(await other.unknown()).toEqual([]);
  },
);
