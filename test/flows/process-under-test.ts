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
import type { RecordRow } from './record-row.ts';

/** One sync process of a system under test: its loops, its pairs, its records. */
export class ProcessUnderTest {
  readonly name: SyncProcessName;
  readonly #database: PostgresClient;
  readonly #temporal: TemporalClient;

  constructor(name: SyncProcessName, database: PostgresClient, temporal: TemporalClient) {
    this.name = name;
    this.#database = database;
    this.#temporal = temporal;
  }

  /** One outbound sweep, to its end. */
  async sweep(): Promise<SweepResult> {
    return this.#temporal.workflow.execute('sweepOutbound', {
      workflowId: `sweep/${this.name}/outbound`,
      taskQueue: 'sync',
      args: [{ process: this.name }],
    });
  }

  /** One inbound poll, to its end, and then to that of all that it has handed over. */
  async poll(): Promise<PollResult> {
    const result: PollResult = await this.#temporal.workflow.execute('pollInbound', {
      workflowId: `sweep/${this.name}/inbound`,
      taskQueue: 'sync',
      args: [{ process: this.name }],
    });
    await this.quiet();
    return result;
  }

  /** Polls and sweeps until neither finds anything: a few rounds, for a change may need several. */
  async settle(rounds = 6): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const polled = await this.poll();
      const swept = await this.sweep();
      await this.quiet();
      const found = [
        ...Object.values(polled.totals).map(({ changed, unknown, unread }) => changed + unknown + unread),
        ...Object.values(swept.totals).map(({ due }) => due),
      ];
      if (found.every((count) => count === 0)) return;
    }
  }

  /** Waits until no workflow of a pair, or of a remote record, is running. */
  async quiet(timeoutMs = 120_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const query = `SyncProcess = "${this.name}" AND ExecutionStatus = "Running" AND WorkflowType IN ("syncEntity", "syncRemote")`;
    for (let calm = 0; calm < 2;) {
      const { count } = await this.#temporal.workflow.count(query);
      calm = count === 0 ? calm + 1 : 0;
      if (Date.now() > deadline) throw new Error(`${this.name}: ${count} workflows still run after ${timeoutMs} ms`);
      // Visibility may lag a moment behind a start.
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  async request(type: EntityType, key: EntityKey, request?: SyncRequest): Promise<void> {
    await requestSync(this.#temporal, { process: this.name, type, key }, request);
  }

  /** Asks for a pass and waits for its outcome. */
  async syncNow(type: EntityType, key: EntityKey, request?: SyncRequest, timeoutMs = 60_000) {
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
