import { MikroORM, type EntitySchema } from '@mikro-orm/core';
import { Migrator, type Migration } from '@mikro-orm/migrations';
import { PostgreSqlDriver, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { ClientBase } from 'pg';
import pg from 'pg';
import { ConversationMessageEntity, EMS_ENTITIES } from './entities/index.ts';
import {
  SyncConflictEntity,
  SyncConversationMessageEntity,
  SyncCursorEntity,
  SyncErasureEntity,
  SyncOscillationEntity,
  SyncSuppressionEntity,
} from './records/inbound-tables.ts';
import { RECORD_ENTITIES } from './records/sync-record.ts';
import { prepareSession } from './session.ts';

export type Orm = MikroORM<PostgreSqlDriver>;
export type EntityManager = SqlEntityManager<PostgreSqlDriver>;

export interface MigrationSet {
  /** The table that records which migrations ran. Each set has its own, so that EMS's tables and ours stay separate. */
  readonly tableName: string;
  readonly migrations: readonly { readonly name: string; readonly class: new (...args: never[]) => Migration }[];
}

export interface OrmOptions {
  readonly databaseUrl: string;
  /** Maximum connections of this process. */
  readonly poolSize?: number;
  readonly migrationSet?: MigrationSet;
  /** PostgreSQL ends a statement after this time. Left out: never. */
  readonly statementTimeoutMs?: number;
  /** Runs in each new session, after its settings. Idle sessions are then kept, because what it did would be lost. */
  readonly prepare?: (connection: ClientBase) => Promise<void>;
}

const ENTITIES = [
  ...Object.values(EMS_ENTITIES),
  ConversationMessageEntity,
  ...Object.values(RECORD_ENTITIES),
  SyncConversationMessageEntity,
  SyncConflictEntity,
  SyncSuppressionEntity,
  SyncCursorEntity,
  SyncErasureEntity,
  SyncOscillationEntity,
] as EntitySchema[];

const TIMESTAMPTZ = 1184;
const DATE = 1082;

/**
 * Returns times and dates as PostgreSQL's text: a `Date` would drop microseconds and shift days by the worker's zone.
 */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === TIMESTAMPTZ || oid === DATE) return (value: string) => value;
  return pg.types.getTypeParser(oid, format);
}

/** Configures the database connection, which opens on first use. For session settings see session.ts. */
export async function createOrm({
  databaseUrl,
  poolSize = 10,
  migrationSet,
  statementTimeoutMs = 0,
  prepare,
}: OrmOptions): Promise<Orm> {
  return MikroORM.init<PostgreSqlDriver>({
    driver: PostgreSqlDriver,
    clientUrl: databaseUrl,
    entities: ENTITIES,
    timezone: '+00:00',
    // A wrong address must not create an empty database.
    ensureDatabase: false,
    pool: { min: 0, max: poolSize },
    driverOptions: {
      // MikroORM drops the URL's query, where sslmode is.
      connectionString: databaseUrl,
      types: { getTypeParser },
      application_name: 'ems-sync',
      connectionTimeoutMillis: 10_000,
      // The pool's own hook: it gives a connection back that cannot be prepared. Kysely's would keep it for ever.
      onConnect: async (connection: ClientBase) => {
        await prepareSession(connection, statementTimeoutMs);
        await prepare?.(connection);
      },
      ...(prepare === undefined ? {} : { idleTimeoutMillis: 0 }),
    },
    extensions: [Migrator],
    migrations: {
      tableName: migrationSet?.tableName ?? 'sync_migration',
      migrationsList: [...(migrationSet?.migrations ?? [])] as never,
      snapshot: false,
      silent: true,
    },
  });
}
