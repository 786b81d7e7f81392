import { sql } from 'kysely';
import type { Orm } from './orm.ts';

/** One database with our tables, and the programs that work on it. */
export interface Installation {
  /** Made by `migrate`; part of the names of task queues. */
  readonly id: string;
  /** The database's name, for messages. */
  readonly database: string;
}

/** @throws Error of PostgreSQL; SQLSTATE 42P01 or 42703 if `migrate` has not run. */
export async function readInstallation(orm: Orm): Promise<Installation> {
  const { rows } = await sql<Installation>`
    SELECT id, current_database()::text AS database FROM sync_installation`.execute(orm.em.fork().getKysely());
  const [installation] = rows;
  if (installation === undefined) throw new Error('sync_installation is empty. Restore its row from a backup');
  return installation;
}
