import { Client, escapeIdentifier } from 'pg';
import { ENTITY_TYPES, type EntityType } from '../../sync/entity-type.ts';
import { EMS_MIGRATIONS, SYNC_MIGRATIONS } from '../migrations/index.ts';
import { entityTable } from '../table-names.ts';
import { inboundPrivileges, type TablePrivileges } from './inbound-privileges.ts';

/** A group role. Logins used by ems-sync are members of it, and have no other rights. */
export const SYNC_ROLE = 'ems_sync';

export interface InstallRoles {
  /** Connection URL of a login that owns EMS's tables and ours and may create roles. */
  readonly databaseUrl: string;
  /** By type, the properties of EMS rows that targets may set. */
  readonly owned: ReadonlyMap<EntityType, readonly string[]>;
}

const EMS_TABLES = [...ENTITY_TYPES.map(entityTable), 'conversation_message'];
const MIGRATION_TABLES = [EMS_MIGRATIONS.tableName, SYNC_MIGRATIONS.tableName];

/** The role already exists, possibly created concurrently: roles are shared by all databases of the server. */
const ALREADY_THERE = ['42710', '23505'];

/**
 * Grants the role exactly what workers, gateway and command line need, in one transaction: it may read EMS's tables,
 * write the columns that inbound mappings own, and use our tables. Privileges that only an older release needed are
 * revoked. Idempotent.
 *
 * @throws Error if the role owns tables (an owner's privileges cannot be limited), or if this login may not grant what
 * is needed.
 */
export async function installRoles({ databaseUrl, owned }: InstallRoles): Promise<void> {
  await inTransaction(databaseUrl, async (client) => {
    await makeRole(client);
    await refuseOwner(client);
    await requireOwner(client);
    for (const statement of await grants(client, inboundPrivileges(owned))) await client.query(statement);
  });
}

/** Whether {@link installRoles} has run: then each migration must grant the role what is new. */
export async function hasRoles(databaseUrl: string): Promise<boolean> {
  return inTransaction(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT FROM pg_class c, aclexplode(c.relacl) given JOIN pg_roles r ON r.oid = given.grantee
       WHERE c.oid = to_regclass('sync_pass') AND r.rolname = $1 AND c.relowner <> r.oid`,
      [SYNC_ROLE],
    );
    return rows.length > 0;
  });
}

async function inTransaction<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'ems-sync' });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } finally {
    await client.end();
  }
}

async function makeRole(client: Client): Promise<void> {
  const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [SYNC_ROLE]);
  if (rows.length > 0) return;
  await client.query('SAVEPOINT role');
  try {
    await client.query(`CREATE ROLE ${SYNC_ROLE} NOLOGIN`);
  } catch (error) {
    if (!ALREADY_THERE.includes(codeOf(error))) {
      throw new Error(
        `the role ${SYNC_ROLE} cannot be made (SQLSTATE ${codeOf(error)}): have an administrator run CREATE ROLE ${SYNC_ROLE} NOLOGIN, and repeat this`,
        { cause: error },
      );
    }
    await client.query('ROLLBACK TO SAVEPOINT role');
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

async function refuseOwner(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
     WHERE r.rolname = $1 AND (c.oid = ANY ($2::regclass[]) OR c.oid = 'sync_pass'::regclass)`,
    [SYNC_ROLE, EMS_TABLES],
  );
  if (rows.length === 0) return;
  throw new Error(
    `the role ${SYNC_ROLE} owns ${rows.map(({ name }) => name).join(', ')}: give the tables to another role (ALTER TABLE … OWNER TO …) and run this as that one`,
  );
}

/** PostgreSQL only warns if a login grants or revokes privileges on something it does not own. */
async function requireOwner(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; owner: string }>(
    `SELECT c.relname AS name, r.rolname AS owner FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
     WHERE (c.oid = ANY ($1::regclass[]) OR c.oid = 'sync_pass'::regclass) AND NOT pg_has_role(c.relowner, 'USAGE')`,
    [EMS_TABLES],
  );
  if (rows.length === 0) return;
  const owners = [...new Set(rows.map(({ owner }) => owner))].join(', ');
  throw new Error(`${rows.map(({ name }) => name).join(', ')} belong to ${owners}: run this with that login`);
}

/** Revokes everything, then grants what is needed. */
async function grants(client: Client, privileges: readonly TablePrivileges[]): Promise<string[]> {
  const written = withVersion(privileges, await versionedTables(client));
  const ours = await syncTables(client);
  const records = ours.filter((name) => !MIGRATION_TABLES.includes(name));
  const history = ours.filter((name) => MIGRATION_TABLES.includes(name));
  const inserting = written.map(({ table }) => table);
  const sequences = await defaultSequences(client, inserting);
  const read = await namedSequences(client, await defaultSequences(client, EMS_TABLES));
  return [
    `REVOKE ALL ON ${names([...EMS_TABLES, ...ours])} FROM ${SYNC_ROLE}`,
    `REVOKE ALL ON SEQUENCE ${names(['sync_pass'])} FROM ${SYNC_ROLE}`,
    `GRANT SELECT ON ${names([...EMS_TABLES, ...history])} TO ${SYNC_ROLE}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${names(records)} TO ${SYNC_ROLE}`,
    `GRANT USAGE, SELECT, UPDATE ON SEQUENCE ${names(['sync_pass'])} TO ${SYNC_ROLE}`,
    ...written.map(
      ({ table, insert, update }) =>
        `GRANT INSERT (${names(insert)}), UPDATE (${names(update)}) ON ${names([table])} TO ${SYNC_ROLE}`,
    ),
    ...read.map((sequence) => `GRANT SELECT ON SEQUENCE ${sequence} TO ${SYNC_ROLE}`),
    ...sequences.map((sequence) => `GRANT USAGE ON SEQUENCE ${sequence} TO ${SYNC_ROLE}`),
  ];
}

const names = (identifiers: readonly string[]) => identifiers.map(escapeIdentifier).join(', ');

/** A JPA `version` is incremented with every change. */
function withVersion(privileges: readonly TablePrivileges[], versioned: ReadonlySet<string>): TablePrivileges[] {
  return privileges.map((one) =>
    versioned.has(one.table) ? { ...one, insert: [...one.insert, 'version'], update: [...one.update, 'version'] } : one,
  );
}

async function versionedTables(client: Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.oid = ANY ($1::regclass[]) AND a.attname = 'version' AND NOT a.attisdropped`,
    [EMS_TABLES],
  );
  return new Set(rows.map(({ name }) => name));
}

async function syncTables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'sync_pass'::regclass)
       AND relkind = 'r' AND relname LIKE 'sync\\_%' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/**
 * If EMS's ids come from a sequence by default, inserting requires the right to use it; an identity column does not.
 */
async function defaultSequences(client: Client, tables: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT s.oid::regclass::text AS name FROM pg_attrdef d
     JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
     JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
     WHERE d.adrelid = ANY ($1::regclass[]) ORDER BY 1`,
    [tables],
  );
  return rows.map(({ name }) => name);
}

/** `check` compares sequences with the assigned ids: sequences of an identity, of a default, or named as JPA does. */
async function namedSequences(client: Client, others: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT named.oid::text AS name FROM unnest($1::text[]) AS t(name), LATERAL (VALUES
       (CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = t.name::regclass AND attname = 'id' AND NOT attisdropped)
         THEN pg_get_serial_sequence(t.name, 'id')::regclass END),
       (to_regclass(t.name || '_seq')), (to_regclass(t.name || '_id_seq')), (to_regclass('hibernate_sequence'))) AS named(oid)
     JOIN pg_class c ON c.oid = named.oid AND c.relkind = 'S' AND pg_has_role(c.relowner, 'USAGE')`,
    [EMS_TABLES],
  );
  return [...new Set([...others, ...rows.map(({ name }) => name)])].toSorted();
}
