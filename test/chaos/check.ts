import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { requestSweep, sweepResult } from '../../clients/request-sweep.ts';
import { describeDifference, type Difference } from '../../demo/difference.ts';
import { inSnapshot } from '../../demo/in-snapshot.ts';
import { onceTemporalAnswers } from '../../demo/temporal-outage.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { Findings, type Counted } from './findings.ts';
import type { Refusals } from './refusals.ts';
import type { LeftByRestore } from './restore-ems.ts';
import { PAIR_WORKFLOWS } from './still-moving.ts';
import { describeRecord, readUnsettled } from './sync-tables.ts';
import type { World } from './world.ts';

/** Two of these at once, and another person's data stand in the record. */
const IDENTIFYING = new Set([
  'first',
  'last',
  'firstname',
  'lastname',
  'givenName',
  'familyName',
  'name',
  'email',
  'born',
  'birthDate',
  'phone',
  'phone_number',
]);

/** Tables of EMS by the targets' names of their types, where a surplus may be a row that EMS has deleted. */
const TABLES: Readonly<Record<string, string>> = {
  persons: 'person',
  contacts: 'person',
  members: 'person',
  'event-participants': 'event_participant',
  'start-group-participants': 'start_group_participant',
  tags: 'tag',
  events: 'event',
  races: 'race',
  organisations: 'organisation',
  'start-groups': 'start_group',
};

/** Where nothing is deleted at the target: the tables of EMS concerned. */
const KEPT: Readonly<Partial<Record<SyncProcessName, string>>> = {
  RUNSIGNUP: 'event_participant',
  CHATWOOT: 'conversation',
};

/** A sweep or a poll that finds nothing takes seconds. */
const IDLE_MS = 120_000;

/**
 * Looks at EMS, the targets, the records and Temporal once all is quiet. What a target should hold is decided from EMS's
 * rows alone (demo/verify-….ts), without the engine's code.
 *
 * @param left what a restored EMS does not know any more.
 */
export async function check(world: World, refusals: Refusals, left: LeftByRestore | null): Promise<Findings> {
  const findings = new Findings();
  for (const [process, target] of world.targets) {
    const { differences } = await target.verify(world.databaseUrl);
    const kept = await keptOf(world, process);
    const parked = process === 'RUNSIGNUP' ? await parkedAtRunSignup(world) : [];
    for (const difference of differences) {
      if (
        difference.what === 'different' &&
        (parked.some((id) => isOf(difference, id)) || isOldConversation(difference))
      )
        continue;
      if (difference.what !== 'different' && kept.some((id) => isOf(difference, id))) continue;
      if (left?.isLeft(TABLES[difference.type], difference) === true) continue;
      findings.add(await kindOf(world, difference), `${process} ${describeDifference(difference)}`);
    }
  }
  for (const line of await refusals.brokenAt(world)) findings.add('resubscribed', line);
  await checkRecords(world, findings);
  await checkWorkflows(world, findings);
  await checkIdleRound(world, findings);
  return findings;
}

/**
 * Rows that the target keeps on purpose, by its ids: those that EMS has deleted (docs/targets.md says where and why), and at
 * TagServer those that are parked and were there before.
 */
async function keptOf(world: World, process: SyncProcessName): Promise<string[]> {
  const { databaseUrl } = world;
  if (process === 'TAGSERVER') {
    const { rows } = await inSnapshot(databaseUrl, (client) =>
      client.query<{ id: string }>(
        `SELECT 'event-participants/' || entity_key AS id FROM sync_event_participant
           WHERE sync_process = 'TAGSERVER' AND state = 'PARKED'
         UNION ALL SELECT 'tags/' || entity_key FROM sync_tag WHERE sync_process = 'TAGSERVER' AND state = 'PARKED'`,
      ),
    );
    return rows.map(({ id }) => id);
  }
  const table = KEPT[process];
  if (table === undefined) return [];
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ id: string }>(
      `SELECT remote_id AS id FROM sync_${table} r WHERE sync_process = $1 AND remote_id IS NOT NULL
         AND NOT EXISTS (SELECT FROM ${table} e WHERE e.id = r.entity_key)`,
      [process],
    ),
  );
  if (process === 'CHATWOOT') return [...(await keptAtChatwoot(world, rows)), ...(await parkedPersons(world))];
  // RunSignup's ids name race, event and registration. It keeps what EMS has withdrawn, too.
  const withdrawn = await inSnapshot(databaseUrl, (client) =>
    client.query<{ id: string }>(`SELECT registration_no AS id FROM event_participant WHERE status = 'WITHDRAWN'`),
  );
  return [...rows.map(({ id }) => id.split('/').at(-1) ?? id), ...withdrawn.rows.map(({ id }) => id)];
}

/** Conversations that EMS has deleted, under its id or ChatWoot's, and what is in them. */
async function keptAtChatwoot({ targets }: World, records: readonly { readonly id: string }[]): Promise<string[]> {
  const url = targets.get('CHATWOOT')?.stateUrl ?? '';
  const { conversations } = chatwootState.parse(await (await fetch(url)).json());
  const kept = new Set(records.map(({ id }) => id));
  return Object.values(conversations).flatMap(({ id, custom_attributes: ours, messages }) => {
    if (!kept.has(String(id))) return [];
    const notes = messages.flatMap(({ source_id: source }) => source?.match(/^ems:(\d+)$/)?.[1] ?? []);
    const key = String(ours['ems_conversation_id']);
    return [`conversation ${id}`, `conversations/${key}`, `messages/${key}`, ...notes.map((note) => `notes/${note}`)];
  });
}

const chatwootState = z.looseObject({
  conversations: z.record(
    z.string(),
    z.looseObject({
      id: z.number(),
      custom_attributes: z.record(z.string(), z.unknown()),
      messages: z.array(z.looseObject({ source_id: z.string().nullish() })),
    }),
  ),
});

/** ChatWoot's contacts of parked persons. */
async function parkedPersons({ databaseUrl }: World): Promise<string[]> {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ id: string }>(
      `SELECT 'contacts/' || entity_key AS id FROM sync_person WHERE sync_process = 'CHATWOOT' AND state = 'PARKED'`,
    ),
  );
  return rows.map(({ id }) => id);
}

/** Registrations of which something is parked: of the entry itself, or of its person, whose account RunSignup does not change. */
async function parkedAtRunSignup({ databaseUrl }: World): Promise<string[]> {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ id: string }>(
      `SELECT r.remote_id AS id FROM sync_event_participant r JOIN event_participant e ON e.id = r.entity_key
       LEFT JOIN sync_person p ON p.sync_process = r.sync_process AND p.entity_key = e.person_id
       WHERE r.sync_process = 'RUNSIGNUP' AND r.remote_id IS NOT NULL AND 'PARKED' IN (r.state, p.state)`,
    ),
  );
  return rows.map(({ id }) => id.split('/').at(-1) ?? id);
}

/** ChatWoot cannot move a conversation to the contact that its person has now (docs/targets.md). */
const isOldConversation = ({ type, fields }: Difference) => type === 'conversations' && fields.join() === 'contact';

const isOf = ({ type, id }: Difference, kept: string) =>
  id === kept || `${type}/${id}` === kept || `${type}/${id}`.startsWith(`${kept}, `) || id.startsWith(`${kept}, `);

async function kindOf(world: World, { type, id, what, fields }: Difference): Promise<Counted> {
  if (type === 'consent' || type === 'messages sent to customers') return 'wrong';
  if (what === 'missing') return 'lost';
  if (what === 'different') return fields.filter((field) => IDENTIFYING.has(field)).length > 1 ? 'mixed' : 'stale';
  const table = TABLES[type];
  if (table === undefined || !/^\d+$/.test(id)) return 'doubled';
  const { rows } = await inSnapshot(world.databaseUrl, (client) =>
    client.query(`SELECT FROM ${table} WHERE id = $1`, [id]),
  );
  return rows.length === 0 ? 'resurrected' : 'doubled';
}

/** A record at rest is in a settled state; one that is parked or waits says why. */
async function checkRecords({ databaseUrl }: World, findings: Findings): Promise<void> {
  for (const record of await readUnsettled(databaseUrl)) {
    const { state, why, class: errorClass } = record;
    const isExplained =
      why !== null &&
      ((state === 'PARKED' && errorClass === 'rejected') || state === 'WAITING' || state === 'UNLINKED');
    if (!isExplained) findings.add('unexplained', describeRecord(record));
  }
}

async function checkWorkflows({ temporal }: World, findings: Findings): Promise<void> {
  for await (const { workflowId } of temporal.workflow.list({ query: PAIR_WORKFLOWS }))
    findings.add('unended', workflowId);
}

/** One more full sweep and poll of each process must write nothing. */
async function checkIdleRound({ settings, temporal, targets }: World, findings: Findings): Promise<void> {
  for (const { target: declared } of settings.enabled) {
    const { name, directions } = declared.process;
    const writes = await targets.get(name)?.countWrites(async () => {
      for (const direction of directions) {
        const sweep = await onceTemporalAnswers(() => requestSweep(temporal, name, direction, { full: true }));
        const result = await sweepResult(sweep, temporal, IDLE_MS);
        if (result?.ended !== 'complete')
          findings.add('unended', `${sweep.workflowId} ended with ${result?.ended ?? 'nothing in two minutes'}`);
      }
      await sleep(1_000);
    });
    if (writes !== undefined && writes > 0) findings.add('writes', `${name}: ${writes} in an idle round`, writes);
  }
}
