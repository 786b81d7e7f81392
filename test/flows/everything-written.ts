import type { Client as TemporalClient } from '@temporalio/client';
import { allHistories } from './personal-words.ts';
import { asText } from './as-text.ts';
import { listIsCurrent } from './list-is-current.ts';
import type { System } from './system.ts';

/**
 * What Temporal shows of each run beside its history: memo, search attributes, summaries; of activities that are pending
 * also details of heartbeats and the last failure.
 */
export async function allDescriptions(client: TemporalClient): Promise<Map<string, string>> {
  await listIsCurrent(client);
  const texts = new Map<string, string>();
  for await (const { workflowId, runId, status, raw } of client.workflow.list()) {
    const described = status.name === 'RUNNING' ? await client.workflow.getHandle(workflowId, runId).describe() : null;
    texts.set(`${workflowId} ${runId}`, asText([raw, described?.raw ?? null]));
  }
  return texts;
}

/** All our tables as text, with encrypted values as stored. */
export async function syncTables({ database }: System): Promise<Map<string, string>> {
  const { rows } = await database.query(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE 'sync\\_%'",
  );
  const texts = new Map<string, string>();
  for (const { name } of rows) {
    const table = await database.query(`SELECT t::text AS row FROM ${name} t`);
    texts.set(name, table.rows.map(({ row }) => row).join('\n'));
  }
  return texts;
}

/** Everything that this system has written where no personal data may be, by place. */
export async function everythingWritten(system: System): Promise<Map<string, string>> {
  return new Map([
    ...(await allHistories(system.temporal)),
    ...(await allDescriptions(system.temporal)),
    ...(await syncTables(system)),
    ['log of the workers', system.workerLog],
  ]);
}
