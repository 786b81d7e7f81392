import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { applySchedules } from '../clients/schedules.ts';
import { ensureSearchAttributes } from '../clients/search-attributes.ts';
import { readStatus } from '../clients/status.ts';
import { connectTemporal } from '../clients/temporal-client.ts';
import { createOrm, type Orm } from '../database/orm.ts';
import { demoEnvironment } from '../demo/environment.ts';
import { ensureNamespaces } from '../local/temporal-namespaces.ts';
import { readSettings, type Settings } from '../settings/read-settings.ts';
import { startTagServer, type StartedTagServer } from '../simulators/tagserver/start.ts';
import { syncTaskQueue } from '../sync/workflow-ids.ts';
import type { Client } from '@temporalio/client';
import type { TemporalKind } from '../demo/start-temporal.ts';
import { startWorkers } from './ems-sync.ts';
import { type Ground, startGround } from './ground.ts';
import { type BenchMailchimp, startBenchMailchimp } from './mailchimp.ts';

/** Persons in MailChimp, some of them at TagServer as well, kept in step by schedules as in everyday use. */
export interface TwoTargets {
  readonly ground: Ground;
  readonly orm: Orm;
  readonly temporal: Client;
  /** Of the process of workers. */
  readonly pid: number;
  readonly mailchimp: BenchMailchimp;
  readonly tagServer: StartedTagServer;
}

export interface TwoTargetsOptions {
  /** Persons with an e-mail address and a newsletter preference. */
  readonly size: number;
  /** So many of them, those with the lowest ids, have a registration and belong on TagServer. */
  readonly registered: number;
  readonly temporal: TemporalKind;
  readonly say: (line: string) => void;
}

const EVERY_TEN_SECONDS = '*/10 * * * * * *';
const NAMESPACE = 'two-targets';

/** Starts servers, targets and workers. Resolves once nothing is due at either target. */
export async function startTwoTargets(stack: AsyncDisposableStack, options: TwoTargetsOptions): Promise<TwoTargets> {
  const { registered, say } = options;
  const ground = await startGround(stack, options);
  const databaseUrl = await ground.copyEms('two_targets');
  const orm = await createOrm({ databaseUrl, poolSize: 2 });
  stack.defer(() => orm.close());
  await orm.em.fork().execute('DELETE FROM event_participant WHERE person_id > ?', [registered]);
  const mailchimp = stack.use(await startBenchMailchimp());
  const tagServer = await startTagServer();
  stack.defer(() => tagServer.stop());
  await ensureNamespaces(ground.temporal.address, [NAMESPACE]);
  const environment = {
    ...demoEnvironment({
      databaseUrl,
      temporalAddress: ground.temporal.address,
      uiUrl: ground.temporal.uiUrl,
      syncKey: randomBytes(32).toString('base64'),
      gatewayPort: 0,
      gatewayToken: randomBytes(32).toString('hex'),
      targets: new Map([
        ['MAILCHIMP', mailchimp.environment],
        ['TAGSERVER', { TAGSERVER_URL: tagServer.url, TAGSERVER_TOKEN: tagServer.token }],
      ]),
      sweepCron: EVERY_TEN_SECONDS,
    }),
    TEMPORAL_NAMESPACE: NAMESPACE,
    GATEWAY_PORT: '',
    // All persons change, which is what is measured here.
    SYNC_UPDATE_SHARE: '100',
  };
  const settings = readSettings(environment);
  const own = await connectTemporal(settings.common, async () => orm);
  const { client } = own;
  stack.defer(() => client.connection.close());
  await ensureSearchAttributes(client);
  const { id } = await own.claim();
  const workers = await startWorkers(environment, ground.runFolder);
  stack.defer(() => workers.stop());
  await applySchedules(client, settings, syncTaskQueue(id));
  say('Workers are up; the first load …');
  await nothingDue(orm, settings);
  return { ground, orm, temporal: client, pid: workers.pid, mailchimp, tagServer };
}

async function nothingDue(orm: Orm, { enabled, common }: Settings): Promise<void> {
  const processes = enabled.map(({ target }) => target.process);
  for (;;) {
    const { processes: counted } = await readStatus(orm, processes, common);
    // The sample's events have no date, so that TagServer refuses them, and what refers to them waits.
    if (Object.values(counted).every((types) => Object.values(types).every(({ due }) => due === 0))) return;
    await sleep(2_000);
  }
}

/** Nothing here takes so long, unless it is broken. */
const GIVEN_UP_AFTER_MS = 1_800_000;

/** Waits until so many persons are in step at a target as EMS has them now. */
export async function personsInStep(orm: Orm, process: 'MAILCHIMP' | 'TAGSERVER', persons: number): Promise<void> {
  const deadline = Date.now() + GIVEN_UP_AFTER_MS;
  for (;;) {
    const [row] = await orm.em.fork().execute<[{ count: string }]>(
      `SELECT count(*) FROM sync_person sr JOIN person e ON e.id = sr.entity_key
       WHERE sr.sync_process = ? AND sr.state = 'IN_SYNC' AND sr.entity_synced_on = e.modified_on`,
      [process],
    );
    if (Number(row.count) >= persons) return;
    if (Date.now() > deadline)
      throw new Error(`${process}: ${row.count} of ${persons} persons are in step, and no more`);
    await sleep(500);
  }
}
