import { sql } from 'kysely';
import type { EntityManager, Orm } from '../../database/orm.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { PATIENCE, type Alert, type AlertKind } from './alert.ts';

/** What is sent. */
export interface Told {
  readonly source: 'ems-sync';
  readonly event: 'begins' | 'ends';
  readonly kind: AlertKind;
  readonly process: SyncProcessName | null;
  /** When the state was first seen; RFC 3339. */
  readonly since: string;
  readonly text: string;
  readonly remedy: string;
}

interface Known {
  readonly process: SyncProcessName | '';
  readonly kind: AlertKind;
  readonly since: string;
  readonly isTold: boolean;
  /** How long it has lasted, and how long it has not been seen. */
  readonly lasts: number;
  readonly unseen: number;
}

/** So that only one gateway looks at a time. */
const LOCK = 'ems-sync alerts';

/**
 * Sends what has begun or ended since the last look. A message that could not be sent is sent with the next look; one
 * that was sent is not repeated.
 *
 * @param send rejects if the message was not taken.
 * @throws the error of `send`
 */
export async function tellAlerts(
  orm: Orm,
  alerts: readonly Alert[],
  send: (told: Told) => Promise<void>,
): Promise<void> {
  const failure = await orm.em.fork().transactional(async (em): Promise<Error | null> => {
    if (!(await isFirst(em))) return null;
    await note(em, alerts);
    for (const known of await readKnown(em)) {
      const alert = alerts.find((one) => one.kind === known.kind && (one.process ?? '') === known.process);
      const { begins, ends } = PATIENCE[known.kind];
      if (alert !== undefined) {
        if (known.isTold || known.lasts < begins) continue;
        const refused = await refusal(
          send({ ...toldOf(known), event: 'begins', text: alert.text, remedy: alert.remedy }),
        );
        if (refused !== null) return refused;
        await markTold(em, known);
      } else if (!known.isTold) await forget(em, known);
      else if (known.unseen >= ends) {
        const text = `${known.process === '' ? 'ems-sync' : known.process}: ${known.kind} is over`;
        const refused = await refusal(send({ ...toldOf(known), event: 'ends', text, remedy: 'nothing' }));
        if (refused !== null) return refused;
        await forget(em, known);
      }
    }
    return null;
  });
  // Only now: what was told before it stays told.
  if (failure !== null) throw failure;
}

const refusal = (sending: Promise<void>): Promise<Error | null> =>
  sending.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error('not sent', { cause: error })),
  );

const toldOf = ({ process, kind, since }: Known) =>
  ({ source: 'ems-sync', kind, process: process === '' ? null : process, since }) as const;

async function isFirst(em: EntityManager): Promise<boolean> {
  const { rows } = await sql<{ got: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${LOCK}, 0)) AS got`.execute(em.getKysely());
  return rows[0]?.got === true;
}

async function note(em: EntityManager, alerts: readonly Alert[]): Promise<void> {
  for (const { process, kind } of alerts) {
    await sql`
      INSERT INTO sync_alert (sync_process, kind, since, seen_on)
      VALUES (${process ?? ''}, ${kind}, statement_timestamp(), statement_timestamp())
      ON CONFLICT (sync_process, kind) DO UPDATE SET seen_on = EXCLUDED.seen_on`.execute(em.getKysely());
  }
}

async function readKnown(em: EntityManager): Promise<readonly Known[]> {
  const { rows } = await sql<Known>`
    SELECT sync_process AS process, kind, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since,
      told_on IS NOT NULL AS "isTold", extract(epoch FROM statement_timestamp() - since)::float8 AS lasts,
      extract(epoch FROM statement_timestamp() - seen_on)::float8 AS unseen
    FROM sync_alert ORDER BY since, sync_process, kind`.execute(em.getKysely());
  return rows;
}

const markTold = (em: EntityManager, { process, kind }: Known) =>
  sql`UPDATE sync_alert SET told_on = statement_timestamp() WHERE sync_process = ${process} AND kind = ${kind}`.execute(
    em.getKysely(),
  );

const forget = (em: EntityManager, { process, kind }: Known) =>
  sql`DELETE FROM sync_alert WHERE sync_process = ${process} AND kind = ${kind}`.execute(em.getKysely());
