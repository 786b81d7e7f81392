import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TakenWebhooks, type Proof } from '../../clients/gateway/taken-webhooks.ts';
import type { Orm } from '../../database/orm.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let orm: Orm;

beforeAll(async () => {
  database = await migratedDatabase();
  ({ orm } = database);
});

afterAll(async () => {
  await database.close();
});

const proof = (digest: string, validForMs = 60_000): Proof => ({ process: 'MAUTIC', digest, validForMs });

test('a webhook is taken once, at whichever gateway, also at the same time', async () => {
  const gateways = Array.from({ length: 4 }, () => new TakenWebhooks(orm));
  const answers = await Promise.all(gateways.map((one) => one.take(proof('a'))));
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await new TakenWebhooks(orm).take(proof('a'))).toBe(false);
  expect(await new TakenWebhooks(orm).take({ ...proof('a'), process: 'MAILCHIMP' })).toBe(true);
  expect(await new TakenWebhooks(orm).take(proof('b'))).toBe(true);
});

test('one that had no effect may be sent again, to any gateway', async () => {
  const gateway = new TakenWebhooks(orm);
  expect(await gateway.take(proof('c'))).toBe(true);
  await gateway.forget(proof('c'));
  expect(await new TakenWebhooks(orm).take(proof('c'))).toBe(true);
  expect(await gateway.take(proof('c'))).toBe(false);
});

test('what is no longer valid is forgotten, and the table holds neither signatures nor bodies', async () => {
  await new TakenWebhooks(orm).take(proof('signature', 0));
  await new TakenWebhooks(orm).take(proof('d'));
  const { rows } = await database.client.query('SELECT digest FROM sync_webhook WHERE expires_on < clock_timestamp()');
  expect(rows).toEqual([]);
  const all = await database.client.query('SELECT digest FROM sync_webhook');
  expect(JSON.stringify(all.rows)).not.toMatch(/signature/);
});
