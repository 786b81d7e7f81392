import { sql } from 'kysely';
import type { Orm } from '../orm.ts';

/** Draws the fencing token of a new attempt, before it reads anything: a later attempt always has a higher one. */
export async function drawFencingToken(orm: Orm): Promise<bigint> {
  const { rows } = await sql<{ pass: string }>`SELECT nextval('sync_pass') AS pass`.execute(orm.em.fork().getKysely());
  return BigInt(rows[0]?.pass ?? 0);
}

/** The highest token drawn so far, as far as this database knows. */
export async function lastFencingToken(orm: Orm): Promise<bigint> {
  const { rows } = await sql<{ pass: string }>`SELECT last_value AS pass FROM sync_pass`.execute(
    orm.em.fork().getKysely(),
  );
  return BigInt(rows[0]?.pass ?? 0);
}

/** Raises the sequence above a token that is in use, after the database was restored from an older state. */
export async function raiseFencingTokenAbove(orm: Orm, higherToken: bigint): Promise<void> {
  await sql`SELECT setval('sync_pass', greatest(nextval('sync_pass'), ${higherToken.toString()}::bigint))`.execute(
    orm.em.fork().getKysely(),
  );
}
