import { sql } from 'kysely';
import type { EntityType } from '../../sync/entity-type.ts';
import { formatInstant, parseInstant } from '../../sync/instant.ts';
import type { EntityManager } from '../orm.ts';

/** A moment of the database, taken before a sweep reads anything. Everything that it saw, the sweep saw as well. */
export interface Moment {
  /** By the database's clock, before `xid` was drawn. */
  readonly time: string;
  /** Drawn at this moment: a transaction with a higher id drew it later, and so wrote later. */
  readonly xid: string;
  /** Transactions with a lower id had ended. */
  readonly xmin: string;
}

/** A sweep that has handed over everything that it found of these types. */
export interface SweepMark extends Moment {
  readonly types: readonly EntityType[];
}

/**
 * The `xmax` of a snapshot would not do in place of a drawn id: it is one past the last id that has *ended*, so that a
 * transaction at or above it may already have written.
 */
export async function takeMoment(em: EntityManager): Promise<Moment> {
  const { rows } = await sql<Moment>`
    SELECT statement_timestamp()::text AS time, pg_current_xact_id()::text AS xid,
      pg_snapshot_xmin(pg_current_snapshot())::text AS xmin`.execute(em.getKysely());
  const [moment] = rows;
  if (moment === undefined) throw new Error('a SELECT that returns no row');
  return moment;
}

/**
 * The time from which on the rows of a type must be read again; null: from the beginning.
 *
 * A transaction that the newest marked sweep did not see has an id at or above that sweep's `xmin`. Let L be the newest
 * marked sweep whose own id is at or below it: then the transaction drew its id, and wrote, after L's time. So no late
 * commit is lost, however long its transaction was open; an open one only keeps the bound back.
 *
 * @param slackMs settle time, and the margin for clocks and for applications that stamp before they write.
 */
export function lowerBound(marks: readonly SweepMark[], type: EntityType, slackMs: number): string | null {
  const own = marks.filter(({ types }) => types.includes(type));
  const last = own.at(-1);
  if (last === undefined) return null;
  const from = own.findLast(({ xid }) => BigInt(xid) <= BigInt(last.xmin));
  if (from === undefined) return null;
  return formatInstant(parseInstant(from.time).subtract({ milliseconds: slackMs }));
}

/** The marks that can still decide a bound, in order of time: those before each type's present one cannot. */
export function withMark(marks: readonly SweepMark[], mark: SweepMark): readonly SweepMark[] {
  const all = [...marks, mark].toSorted((one, other) => Number(BigInt(one.xid) - BigInt(other.xid)));
  const needed = new Set<SweepMark>();
  for (const type of new Set(all.flatMap(({ types }) => types))) {
    const own = all.filter(({ types }) => types.includes(type));
    const last = own.at(-1);
    const from = own.findLastIndex(({ xid }) => last !== undefined && BigInt(xid) <= BigInt(last.xmin));
    for (const one of own.slice(Math.max(from, 0))) needed.add(one);
  }
  return all.filter((one) => needed.has(one));
}
