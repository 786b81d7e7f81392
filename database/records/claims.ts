import { sql } from 'kysely';
import type { EntityManager } from '../orm.ts';

/** Who claims: a page's workflow, by the fencing token of its attempt. */
export interface Claimant {
  /** The page's workflow id. */
  readonly holder: string;
  readonly fencingToken: bigint;
}

/**
 * Makes this the page's attempt, for a limited time, unless a call of an earlier one may still be on its way. From then on
 * the earlier one begins no call: see {@link announceCall}.
 *
 * @returns false: a call of an earlier attempt may be on its way, or a later attempt has begun.
 */
export async function beginPageAttempt(
  em: EntityManager,
  { holder, fencingToken, forMs }: Claimant & { readonly forMs: number },
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO sync_page_attempt AS a (holder, pass, claimed_until)
    VALUES (${holder}, ${fencingToken.toString()}::bigint, clock_timestamp() + ${forMs} * interval '1 millisecond')
    ON CONFLICT (holder) DO UPDATE SET pass = EXCLUDED.pass, claimed_until = EXCLUDED.claimed_until,
      calling_until = '-infinity'
    WHERE a.calling_until < clock_timestamp() AND a.pass < EXCLUDED.pass
    RETURNING holder`.execute(em.getKysely());
  return rows.length > 0;
}

/**
 * Notes that a call is about to begin that ends within this time.
 *
 * @returns false: a later attempt has begun, or the claims of this one end sooner. The call must not be made.
 */
export async function announceCall(
  em: EntityManager,
  { holder, fencingToken, forMs }: Claimant & { readonly forMs: number },
): Promise<boolean> {
  const until = sql`clock_timestamp() + ${forMs} * interval '1 millisecond'`;
  const { rows } = await sql`
    UPDATE sync_page_attempt SET calling_until = greatest(calling_until, ${until})
    WHERE holder = ${holder} AND pass = ${fencingToken.toString()}::bigint AND claimed_until > ${until}
    RETURNING holder`.execute(em.getKysely());
  return rows.length > 0;
}

/** The attempt is over, and with it every call. */
export async function endPageAttempt(em: EntityManager, { holder, fencingToken }: Claimant): Promise<void> {
  await sql`
    DELETE FROM sync_page_attempt WHERE holder = ${holder} AND pass = ${fencingToken.toString()}::bigint`.execute(
    em.getKysely(),
  );
}

/**
 * Claims these names for a page, until its attempt ends. A name that another page holds is left out; claims of an earlier
 * attempt of the same page are taken over: it makes no calls any more.
 *
 * @returns the names that are now claimed.
 */
export async function claimNames(
  em: EntityManager,
  names: readonly string[],
  { holder, fencingToken }: Claimant,
): Promise<ReadonlySet<string>> {
  // Sorted, so that two pages that want the same names do not wait for each other in a circle.
  const { rows } = await sql<{ name: string }>`
    INSERT INTO sync_claim AS c (lock_name, pass, holder, claimed_until)
    SELECT name, a.pass, a.holder, a.claimed_until
    FROM sync_page_attempt a CROSS JOIN unnest(${[...new Set(names)]}::text[]) AS name
    WHERE a.holder = ${holder} AND a.pass = ${fencingToken.toString()}::bigint
    ORDER BY name COLLATE "C"
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

/** Ends this attempt's claims of these names. */
export async function releaseClaims(
  em: EntityManager,
  names: readonly string[],
  { fencingToken }: Pick<Claimant, 'fencingToken'>,
): Promise<void> {
  if (names.length === 0) return;
  // In the order in which pages claim: neither waits for the other in a circle.
  await sql`
    DELETE FROM sync_claim WHERE lock_name IN (
      SELECT lock_name FROM sync_claim
      WHERE lock_name = ANY (${[...names]}::text[]) AND pass = ${fencingToken.toString()}::bigint
      ORDER BY lock_name COLLATE "C" FOR UPDATE)`.execute(em.getKysely());
}
