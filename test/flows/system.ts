import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client as PostgresClient } from 'pg';
import { startChild, type Child, type ChildEnd } from '../../local/child-process.ts';
import { projectFolder } from '../../local/folders.ts';
import { newLogFile } from '../../local/log-file.ts';
import { recordTable } from '../../database/table-names.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { requestSync, requestSyncAndWait } from '../../clients/request-sync.ts';
import { onOwnQueue } from '../../clients/own-queue.ts';
import { pairWorkflowId, SYNC_TASK_QUEUE, syncTaskQueue } from '../../sync/workflow-ids.ts';

import { syncOutcomeAttribute } from '../../workflows/search-attributes.ts';
import type { StartedChatwoot } from '../../simulators/chatwoot/start.ts';
import type { StartedMailchimp } from '../../simulators/mailchimp/start.ts';
import type { StartedMautic } from '../../simulators/mautic/start.ts';
import type { StartedRunSignup } from '../../simulators/runsignup/start.ts';
import type { StartedTagServer } from '../../simulators/tagserver/start.ts';
import { requestedSignal, type SyncRequest } from '../../workflows/pair-requests.ts';
import type { SweepResult } from '../../workflows/sweep-outbound.ts';
import { ensureSearchAttributes } from '../../clients/search-attributes.ts';
import { PROGRAM_ROLES } from '../../database/roles/role-names.ts';
import type { LimitedProgram } from '../../settings/programs.ts';
import { createMigratedDatabase } from '../database/create-migrated-database.ts';
import { loginWith } from '../database/login-with.ts';
import { registerNamespace } from '../temporal-namespace.ts';
import { waitUntil } from '../wait-until.ts';
import { Ems } from './ems.ts';
import { ProcessUnderTest } from './process-under-test.ts';
import type { RecordRow } from './record-row.ts';
import { listIsCurrent } from './list-is-current.ts';
import { runLoop, type SweepOptions } from './run-loop.ts';
import { settingsOf, started, startSimulators, type Simulators, type TargetUnderTest } from './simulators.ts';
import { workflowBundleFile } from './workflow-bundle.ts';

export interface SystemOptions {
  /** Default 0: tests change a row and sweep at once. */
  readonly settleMs?: number;
  /** Default: TAGSERVER alone. */
  readonly targets?: readonly TargetUnderTest[];
  /** Further settings of the workers, for example `RUNSIGNUP_WRITE_PERSONAL`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** 32 bytes in base64. */
const SYNC_KEY = Buffer.alloc(32, 7).toString('base64');

/** The whole system on real servers: its own database and namespace, simulated targets, and workers in a separate process. */
export class System {
  readonly database: PostgresClient;
  readonly databaseUrl: string;
  readonly namespace: string;
  readonly ems: Ems;
  readonly temporal: TemporalClient;
  /** Releases before installations had ids took work from the queue `sync`. */
  readonly #queueOfWorkers: (folder: string) => void;
  readonly #limitedUrl: string;
  readonly #programUrls: Readonly<Record<string, string>>;
  readonly #settleMs: number;
  #settings: Readonly<Record<string, string>>;
  readonly #simulators: Simulators;
  readonly #cleanUp: () => Promise<void>;
  readonly #workerLogs: string[] = [];
  #workers: readonly Child[] = [];

  private constructor(parts: {
    database: PostgresClient;
    databaseUrl: string;
    limitedUrl: string;
    programUrls: Readonly<Record<string, string>>;
    namespace: string;
    temporal: TemporalClient;
    queueOfWorkers: (folder: string) => void;
    simulators: Simulators;
    settleMs: number;
    settings: Readonly<Record<string, string>>;
    cleanUp: () => Promise<void>;
  }) {
    this.database = parts.database;
    this.databaseUrl = parts.databaseUrl;
    this.#limitedUrl = parts.limitedUrl;
    this.#programUrls = parts.programUrls;
    this.namespace = parts.namespace;
    this.ems = new Ems(parts.database);
    this.temporal = parts.temporal;
    this.#queueOfWorkers = parts.queueOfWorkers;
    this.#simulators = parts.simulators;
    this.#settleMs = parts.settleMs;
    this.#settings = parts.settings;
    this.#cleanUp = parts.cleanUp;
  }

  static async start(options: SystemOptions = {}): Promise<System> {
    const cleanUp = new AsyncDisposableStack();
    try {
      const system = await System.#start(options, cleanUp);
      await system.startWorkers();
      return system;
    } catch (error) {
      // The caller has nothing to stop. An open connection would keep the test process from ending.
      await cleanUp.disposeAsync();
      throw error;
    }
  }

  /** @param cleanUp runs at the end, last entry first; a failing entry does not stop the others. */
  static async #start(
    { settleMs = 0, targets = ['TAGSERVER'], settings = {} }: SystemOptions,
    cleanUp: AsyncDisposableStack,
  ): Promise<System> {
    const adminUrl = requiredVariable('TEST_DATABASE_ADMIN_URL');
    const address = requiredVariable('TEST_TEMPORAL_ADDRESS');
    const name = `flow_${randomBytes(5).toString('hex')}`;
    const admin = new PostgresClient({ connectionString: adminUrl });
    cleanUp.defer(() => admin.end());
    await admin.connect();
    const databaseUrl = Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
    await createMigratedDatabase(adminUrl, name, { withRoles: true });
    const login = await loginWith(databaseUrl, PROGRAM_ROLES.worker);
    cleanUp.defer(() => login.drop(adminUrl));
    const programUrls: Record<string, string> = {};
    for (const program of ['gateway', 'listener'] as const) {
      const own = await loginWith(databaseUrl, PROGRAM_ROLES[program]);
      cleanUp.defer(() => own.drop(adminUrl));
      programUrls[program] = own.url;
    }
    cleanUp.defer(async () => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    });
    const database = new PostgresClient({ connectionString: databaseUrl });
    cleanUp.defer(() => database.end());
    await database.connect();
    await database.query("SET TIME ZONE 'UTC'");
    database.setTypeParser?.(1184, (text: string) => text);
    const connection = await Connection.connect({ address });
    cleanUp.defer(() => connection.close());
    await registerNamespace(connection, name);
    const queue = syncTaskQueue(await installationOf(database));
    const workers = { queue };
    const temporal = new TemporalClient({
      connection,
      namespace: name,
      interceptors: { workflow: [onOwnQueue(async () => workers.queue)] },
    });
    // It gives up after half a minute, so retry it on a busy machine.
    await waitUntil({ what: 'search attributes' }, () =>
      ensureSearchAttributes(temporal).then(
        () => true,
        () => false,
      ),
    );
    const simulators: Simulators = {};
    for (const target of targets) {
      Object.assign(simulators, await startSimulators([target]));
      cleanUp.defer(async () => simulators[target]?.stop());
    }
    const system = new System({
      database,
      databaseUrl,
      limitedUrl: login.url,
      programUrls,
      namespace: name,
      temporal,
      queueOfWorkers: (folder) => {
        workers.queue = existsSync(join(folder, 'clients', 'own-installation.ts')) ? queue : SYNC_TASK_QUEUE;
      },
      simulators,
      settleMs,
      settings,
      cleanUp: () => cleanUp.disposeAsync(),
    });
    cleanUp.defer(async () => {
      await system.stopWorkers();
    });
    return system;
  }

  /** The environment of workers and command line. Their login has only the role `ems_sync_worker`. */
  get environment(): Record<string, string> {
    return {
      DATABASE_URL: this.#limitedUrl,
      TEMPORAL_ADDRESS: requiredVariable('TEST_TEMPORAL_ADDRESS'),
      TEMPORAL_NAMESPACE: this.namespace,
      SETTLE_MS: String(this.#settleMs),
      LOG_LEVEL: 'info',
      SYNC_KEY,
      ...settingsOf(this.#simulators),
      ...this.#settings,
    };
  }

  /** The settings of gateway or listener alone, with a login that has only its role. */
  async environmentOf(program: LimitedProgram): Promise<Record<string, string>> {
    // It loads all targets, which takes as long as the rest of this file.
    const { isSettingOf } = await import('../../settings/programs.ts');
    const own = Object.entries(this.environment).filter(([name]) => isSettingOf(program, name));
    return { ...Object.fromEntries(own), DATABASE_URL: this.#programUrls[program] ?? '' };
  }

  get tagServer(): StartedTagServer {
    return started(this.#simulators.TAGSERVER);
  }

  get mautic(): StartedMautic {
    return started(this.#simulators.MAUTIC);
  }

  get mailchimp(): StartedMailchimp {
    return started(this.#simulators.MAILCHIMP);
  }

  get runSignup(): StartedRunSignup {
    return started(this.#simulators.RUNSIGNUP);
  }

  get chatwoot(): StartedChatwoot {
    return started(this.#simulators.CHATWOOT);
  }

  process(name: TargetUnderTest): ProcessUnderTest {
    return new ProcessUnderTest(name, this.database, this.temporal, () => this.#progress());
  }

  /** Starts workers beside those that are running. @param folder of the project to run, by default this one. */
  async startWorkers(folder = projectFolder): Promise<void> {
    const logFile = newLogFile('workers');
    const bundle = folder === projectFolder ? { WORKFLOW_BUNDLE: await workflowBundleFile() } : {};
    const workers = await startChild({
      name: 'workers',
      command: process.execPath,
      args: [join(folder, 'workers', 'main.ts')],
      env: { PATH: process.env['PATH'], ...this.environment, ...bundle },
      logFile,
      // More than the workers' own grace period, on a busy machine, too.
      graceMs: 60_000,
    });
    this.#queueOfWorkers(folder);
    this.#workers = [...this.#workers, workers];
    this.#workerLogs.push(logFile);
    await this.eventually('workers that are ready', async () => {
      if (!workers.running) throw new Error(workers.describeEnd(await workers.ended));
      return readFileSync(logFile, 'utf8').includes('workers are ready');
    });
  }

  /** All log output of this system's workers. */
  get workerLog(): string {
    return this.#workerLogs.map((file) => readFileSync(file, 'utf8')).join('');
  }

  /** SIGTERM for a clean end, or SIGKILL to simulate a crash. @returns how they ended. */
  async stopWorkers(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<readonly ChildEnd[]> {
    const workers = this.#workers;
    this.#workers = [];
    return stopAll(workers, signal);
  }

  /** Adds settings for workers and command lines that start from now on. */
  set(settings: Readonly<Record<string, string>>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** A rolling update: starts today's workers, then stops the old ones. @returns how those ended. */
  async replaceWorkers(): Promise<readonly ChildEnd[]> {
    const before = this.#workers;
    await this.startWorkers();
    this.#workers = this.#workers.slice(before.length);
    return stopAll(before, 'SIGTERM');
  }

  /** Runs one outbound sweep to its end. */
  async sweep(options?: SweepOptions): Promise<SweepResult> {
    return runLoop(this.temporal, 'sweepOutbound', 'TAGSERVER', options);
  }

  /** Requests an on-demand sync, as EMS and operators do, without waiting. */
  async request(type: EntityType, key: EntityKey, request?: SyncRequest): Promise<void> {
    await requestSync(this.temporal, { process: 'TAGSERVER', type, key }, request);
  }

  /** Requests an on-demand sync and waits for its outcome. */
  async syncNow(type: EntityType, key: EntityKey, timeoutMs = 300_000) {
    return requestSyncAndWait(this.temporal, { process: 'TAGSERVER', type, key }, timeoutMs);
  }

  async record(type: EntityType, key: EntityKey): Promise<RecordRow | null> {
    const { rows } = await this.database.query<RecordRow>(
      `SELECT *, entity_synced_on::text, evaluated_on::text, remote_synced_on::text, updated_on::text
       FROM ${recordTable(type)} WHERE sync_process = 'TAGSERVER' AND entity_key = $1`,
      [key],
    );
    return rows[0] ?? null;
  }

  /** The row's own time as text with microseconds, in the notation of {@link record}. */
  async modifiedOn(table: string, id: string): Promise<string> {
    const { rows } = await this.database.query<{ modified_on: string }>(
      `SELECT modified_on::text FROM ${table} WHERE id = $1`,
      [id],
    );
    return rows[0]?.modified_on ?? '';
  }

  /** A resource at TagServer, or null. */
  async remote(type: keyof Awaited<ReturnType<StartedTagServer['control']['state']>>, id: string) {
    const state = await this.tagServer.control.state();
    return state[type][id]?.data ?? null;
  }

  /**
   * A fingerprint of every row version of every table and of the sequence: if two are equal, nothing was written in
   * between.
   */
  async rowVersions(): Promise<Record<string, string | null>> {
    const { rows: tables } = await this.database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    const versions: Record<string, string | null> = {};
    for (const { name } of tables) {
      const { rows } = await this.database.query<{ digest: string | null }>(
        `SELECT md5(string_agg(xmin::text || ctid::text, ',' ORDER BY ctid)) AS digest FROM ${name}`,
      );
      versions[name] = rows[0]?.digest ?? null;
    }
    const { rows } = await this.database.query<{ last: string }>('SELECT last_value::text AS last FROM sync_pass');
    return { ...versions, sync_pass: rows[0]?.last ?? null };
  }

  /** Writes that TagServer received for one resource, oldest first. */
  async writes(prefix: string) {
    const journal = await this.tagServer.control.journal({ writesOnly: true });
    return journal.filter(({ path }) => path === `/v1/${prefix}`);
  }

  /** Waits until `check` returns something other than null or false; `stillMs`: see {@link waitUntil}. */
  async eventually<T>(
    what: string,
    check: () => Promise<T | null | false>,
    stillMs = 120_000,
    pauseMs = 50,
  ): Promise<T> {
    return waitUntil({ what, stillMs, pauseMs, progress: () => this.#progress() }, check);
  }

  /** Changes whenever the system makes progress: rows written, workflows, calls to targets, log size. */
  async #progress(): Promise<string> {
    const parts = await Promise.all(
      [
        // Every write changes this counter, and reading it does not.
        this.database
          .query(
            'SELECT tup_inserted + tup_updated + tup_deleted AS moved FROM pg_stat_database WHERE datname = current_database()',
          )
          .then(({ rows }) => String(rows[0]?.moved)),
        this.temporal.workflow.count().then(({ count }) => String(count)),
        this.temporal.workflow.count('ExecutionStatus = "Running"').then(({ count }) => String(count)),
        ...Object.values(this.#simulators).map(async ({ control }) => String((await control.journal()).length)),
        ...this.#workerLogs.map(async (file) => String(statSync(file).size)),
      ].map((part) => part.catch(() => 'not to be had')),
    );
    return parts.join(' ');
  }

  async inState(type: EntityType, key: EntityKey, state: string, stillMs?: number): Promise<RecordRow> {
    return this.eventually(
      `${type}/${key} in state ${state}`,
      async () => {
        const record = await this.record(type, key);
        return record?.state === state ? record : null;
      },
      stillMs,
    );
  }

  /** The search attribute that the Web UI's list shows. */
  async outcomeInWebUi(type: EntityType, key: EntityKey): Promise<string | undefined> {
    await listIsCurrent(this.temporal);
    const query = `SyncProcess = "TAGSERVER" AND EntityType = "${type}" AND EntityId = "${key}"`;
    for await (const { typedSearchAttributes } of this.temporal.workflow.list({ query })) {
      return typedSearchAttributes.get(syncOutcomeAttribute);
    }
    return undefined;
  }

  /**
   * Cleans up after a failed test, so that the next one does not fail because of it. Clears all faults, then asks
   * workflows that are still running to continue, and terminates those that do not end.
   */
  async tidyUp(): Promise<void> {
    for (const { control } of Object.values(this.#simulators)) await control.clearFaults().catch(() => undefined);
    const query = 'ExecutionStatus = "Running" AND WorkflowType != "marker"';
    const calm = async () => (await this.temporal.workflow.count(query)).count === 0;
    if (await calm()) return;
    const left = await Array.fromAsync(this.temporal.workflow.list({ query }));
    const handles = left.map(({ workflowId }) => this.temporal.workflow.getHandle(workflowId));
    // A request ends the back-off of a pair. Sweeps and polls end by themselves.
    for (const [index, handle] of handles.entries())
      if (left[index]?.type === 'syncEntity') await handle.signal(requestedSignal, 'outbound').catch(() => undefined);
    try {
      await this.eventually('an end of what a test has left', calm, 25_000);
    } catch {
      for await (const { workflowId } of this.temporal.workflow.list({ query }))
        await this.temporal.workflow
          .getHandle(workflowId)
          .terminate('left by a failed test')
          .catch(() => undefined);
    }
  }

  pair(type: EntityType, key: EntityKey) {
    return this.temporal.workflow.getHandle(pairWorkflowId('TAGSERVER', type, key));
  }

  async stop(): Promise<void> {
    await this.#cleanUp();
  }
}

async function installationOf(database: PostgresClient): Promise<string> {
  const { rows } = await database.query<{ id: string }>('SELECT id FROM sync_installation');
  return rows[0]?.id ?? '';
}

async function stopAll(workers: readonly Child[], signal: 'SIGTERM' | 'SIGKILL'): Promise<readonly ChildEnd[]> {
  return Promise.all(
    workers.map(async (one) => {
      if (signal === 'SIGKILL') one.kill();
      else await one.stop();
      return one.ended;
    }),
  );
}

export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run the tests by npm test, which starts the servers`);
  return value;
}
