import { sql } from 'kysely';
import type { EntityManager } from '../orm.ts';

/** Who claims: a page's workflow, by the fencing token of its attempt. */
export interface Claimant {
  /** The page's workflow id. */
  readonly holder: string;
  readonly fencingToken: bigint;
}

/**
 * Claims these names for a page, for a limited time. A name that another page holds is left out; a later attempt of the same page
 * takes over the claims of the earlier one, which notices by {@link holdsClaims}.
 *
 * @returns the names that are now claimed.
 */
export async function claimNames(
  em: EntityManager,
  names: readonly string[],
  { holder, fencingToken, forMs }: Claimant & { readonly forMs: number },
): Promise<ReadonlySet<string>> {
  // Sorted, so that two pages that want the same names do not wait for each other in a circle.
  const { rows } = await sql<{ name: string }>`
    INSERT INTO sync_claim AS c (lock_name, pass, holder, claimed_until)
    SELECT name, ${fencingToken.toString()}::bigint, ${holder}, clock_timestamp() + ${forMs} * interval '1 millisecond'
    FROM unnest(${[...new Set(names)].toSorted()}::text[]) AS name
    ON CONFLICT (lock_name) DO UPDATE SET pass = EXCLUDED.pass, holder = EXCLUDED.holder,
      claimed_until = EXCLUDED.claimed_until
    WHERE c.claimed_until < clock_timestamp() OR (c.holder = EXCLUDED.holder AND c.pass < EXCLUDED.pass)
    RETURNING lock_name AS name`.execute(em.getKysely());
  return new Set(rows.map(({ name }) => name));
}

/**
 * Those of these names that a worker holds as advisory locks: a pair's own workflow is at work. A page asks after its claims are
 * committed; a pair's workflow looks for claims after it has its locks. So at least one of the two sees the other.
 */
export async function lockedNames(em: EntityManager, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM unnest(${[...names]}::text[]) AS name
    WHERE hashtextextended(name, 0) IN (
      SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
      WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`.execute(em.getKysely());
  return new Set(rows.map(({ name }) => name));
}

/** Whether a page holds one of these names. */
export async function isClaimed(em: EntityManager, names: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM sync_claim WHERE lock_name = ANY (${[...names]}::text[]) AND claimed_until > clock_timestamp()
    LIMIT 1`.execute(em.getKysely());
  return rows.length > 0;
}

/** Whether all of these names are still this attempt's, and remain so for as long as a call takes. */
export async function holdsClaims(
  em: EntityManager,
  names: readonly string[],
  { fencingToken, forMs }: Pick<Claimant, 'fencingToken'> & { readonly forMs: number },
): Promise<boolean> {
  const { rows } = await sql<{ held: string }>`
    SELECT count(*) AS held FROM sync_claim
    WHERE lock_name = ANY (${[...names]}::text[]) AND pass = ${fencingToken.toString()}::bigint
      AND claimed_until > clock_timestamp() + ${forMs} * interval '1 millisecond'`.execute(em.getKysely());
  return Number(rows[0]?.held) === new Set(names).size;
}

/** Ends this attempt's claims of these names. */
export async function releaseClaims(
  em: EntityManager,
  names: readonly string[],
  { fencingToken }: Pick<Claimant, 'fencingToken'>,
): Promise<void> {
  if (names.length === 0) return;
  await sql`
    DELETE FROM sync_claim
    WHERE lock_name = ANY (${[...names]}::text[]) AND pass = ${fencingToken.toString()}::bigint`.execute(
    em.getKysely(),
  );
}
