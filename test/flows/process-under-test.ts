import type { Client as TemporalClient } from '@temporalio/client';
import type { Client as PostgresClient } from 'pg';
import { requestSync, requestSyncAndWait } from '../../clients/request-sync.ts';
import { recordTable } from '../../database/table-names.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { pairWorkflowId } from '../../sync/workflow-ids.ts';
import type { SyncRequest } from '../../workflows/pair-requests.ts';
import type { PollResult } from '../../workflows/poll-inbound.ts';
import type { SweepResult } from '../../workflows/sweep-outbound.ts';
import { waitUntil } from '../wait-until.ts';
import type { RecordRow } from './record-row.ts';
import { listIsCurrent } from './list-is-current.ts';
import { runLoop, type SweepOptions } from './run-loop.ts';

/** One sync process of the system under test: its sweeps and polls, its pairs, its records. */
export class ProcessUnderTest {
  readonly name: SyncProcessName;
  readonly #database: PostgresClient;
  readonly #temporal: TemporalClient;
  readonly #progress: (() => Promise<string>) | undefined;

  /** @param progress changes whenever the system makes progress: see {@link waitUntil}. */
  constructor(
    name: SyncProcessName,
    database: PostgresClient,
    temporal: TemporalClient,
    progress?: () => Promise<string>,
  ) {
    this.name = name;
    this.#database = database;
    this.#temporal = temporal;
    this.#progress = progress;
  }

  /** Runs one outbound sweep to its end. */
  async sweep(options?: SweepOptions): Promise<SweepResult> {
    return runLoop(this.#temporal, 'sweepOutbound', this.name, options);
  }

  /** Runs one inbound poll, and waits for everything that it has started. */
  async poll(): Promise<PollResult> {
    const result: PollResult = await runLoop(this.#temporal, 'pollInbound', this.name);
    if (worked(result.totals)) await this.quiet();
    return result;
  }

  /** Polls and sweeps by turns until two in succession find nothing. A change may need several rounds. */
  async settle(rounds = 6): Promise<void> {
    await this.quiet();
    let idle = 0;
    for (let turn = 0; turn < 2 * rounds && idle < 2; turn += 1) {
      const { totals } = turn % 2 === 0 ? await this.poll() : await this.sweep();
      idle = worked(totals) ? 0 : idle + 1;
      if (idle === 0) await this.quiet();
    }
  }

  /** Waits until no workflow of this process is running. */
  async quiet(stillMs = 120_000): Promise<void> {
    const query = `SyncProcess = "${this.name}" AND ExecutionStatus = "Running"`;
    const what = `${this.name} without a running workflow`;
    const progress = this.#progress === undefined ? {} : { progress: this.#progress };
    await listIsCurrent(this.#temporal);
    let calm = 0;
    await waitUntil({ what, stillMs, ...progress }, async () => {
      const { count } = await this.#temporal.workflow.count(query);
      // Checked twice, because a workflow that has just ended may have started another.
      calm = count === 0 ? calm + 1 : 0;
      return calm === 2;
    });
  }

  async request(type: EntityType, key: EntityKey, request?: SyncRequest): Promise<void> {
    await requestSync(this.#temporal, { process: this.name, type, key }, request);
  }

  /** Requests a pass and waits for its outcome. */
  async syncNow(type: EntityType, key: EntityKey, request?: SyncRequest, timeoutMs = 300_000) {
    return requestSyncAndWait(this.#temporal, { process: this.name, type, key }, timeoutMs, request);
  }

  async record(type: EntityType, key: EntityKey): Promise<RecordRow | null> {
    return this.#recordWhere(type, 'entity_key = $2', key);
  }

  async recordOfRemote(type: EntityType, remoteId: string | number): Promise<RecordRow | null> {
    return this.#recordWhere(type, 'remote_id = $2', String(remoteId));
  }

  /** The EMS id of a remote record. @throws Error if EMS has none. */
  async keyOf(type: EntityType, remoteId: string | number): Promise<EntityKey> {
    const record = await this.recordOfRemote(type, remoteId);
    if (record?.entity_key == null) throw new Error(`${this.name}: EMS has no ${type} for ${remoteId}`);
    return record.entity_key;
  }

  pair(type: EntityType, key: EntityKey) {
    return this.#temporal.workflow.getHandle(pairWorkflowId(this.name, type, key));
  }

  async #recordWhere(type: EntityType, condition: string, value: string): Promise<RecordRow | null> {
    const { rows } = await this.#database.query<RecordRow>(
      `SELECT *, entity_synced_on::text, evaluated_on::text, remote_synced_on::text, updated_on::text
       FROM ${recordTable(type)} WHERE sync_process = $1 AND ${condition}`,
      [this.name, value],
    );
    return rows[0] ?? null;
  }
}

type Totals = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Whether a sweep or poll has started a workflow, found one running, or could not read something. */
function worked(totals: SweepResult['totals'] | PollResult['totals']): boolean {
  return Object.values(totals as Totals).some(
    ({ started = 0, busy = 0, changed = 0, unknown = 0, unread = 0 }) =>
      started + busy + changed + unknown + unread > 0,
  );
}
