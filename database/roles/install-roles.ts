import { Client } from 'pg';
import type { EntityType } from '../../sync/entity-type.ts';
import { EMS_TABLES, grantsTo, readTables } from './grants.ts';
import { inboundPrivileges } from './inbound-privileges.ts';
import { programOf, ROLES } from './role-names.ts';
import { prepareSession } from '../session.ts';

export { SYNC_ROLE } from './role-names.ts';

export interface InstallRoles {
  /** Connection URL of a login that owns EMS's tables and ours and may create roles. */
  readonly databaseUrl: string;
  /** By type, the properties of EMS rows that targets may set. */
  readonly owned: ReadonlyMap<EntityType, readonly string[]>;
  /** True: leave out roles that do not exist and that this login may not create, instead of failing. */
  readonly mayLack?: boolean;
  /** Default: all of this release. */
  readonly roles?: readonly string[];
}

export interface InstalledRoles {
  readonly roles: readonly string[];
  /** For each role that is missing, what to do. */
  readonly lacking: readonly string[];
}

/** The role already exists, possibly created concurrently: roles are shared by all databases of the server. */
const ALREADY_THERE = ['42710', '23505'];

/**
 * Grants each program's role exactly what the program needs, in one transaction. Workers may read EMS's tables, write
 * the columns that inbound mappings own, and use our tables; gateway and listener write nothing in EMS. Privileges that
 * only an older release needed are revoked. Idempotent.
 *
 * @throws Error if a role owns tables (an owner's privileges cannot be limited), or if this login may not grant what is
 * needed.
 */
export async function installRoles(options: InstallRoles): Promise<InstalledRoles> {
  const { databaseUrl, owned, mayLack = false, roles: wanted = ROLES } = options;
  return inTransaction(databaseUrl, async (client) => {
    const roles: string[] = [];
    const lacking: string[] = [];
    for (const role of wanted) {
      const problem = await makeRole(client, role);
      if (problem === null) roles.push(role);
      else if (mayLack) lacking.push(problem.message);
      else throw problem;
    }
    await refuseOwner(client, roles);
    await requireOwner(client);
    const tables = await readTables(client, inboundPrivileges(owned));
    for (const role of roles)
      for (const statement of grantsTo(role, programOf(role), tables)) await client.query(statement);
    return { roles, lacking };
  });
}

/** Whether {@link installRoles} has run: then each migration must grant the roles what is new. */
export async function hasRoles(databaseUrl: string): Promise<boolean> {
  return inTransaction(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT FROM pg_class c, aclexplode(c.relacl) given JOIN pg_roles r ON r.oid = given.grantee
       WHERE c.oid = to_regclass('sync_pass') AND r.rolname = ANY ($1) AND c.relowner <> r.oid`,
      [ROLES],
    );
    return rows.length > 0;
  });
}

async function inTransaction<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'ems-sync' });
  client.on('error', () => {});
  await client.connect();
  try {
    await prepareSession(client);
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } finally {
    await client.end();
  }
}

/** @returns why the role is missing; null: it exists. */
async function makeRole(client: Client, role: string): Promise<Error | null> {
  const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rows.length > 0) return null;
  await client.query('SAVEPOINT role');
  try {
    await client.query(`CREATE ROLE ${role} NOLOGIN`);
    return null;
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT role');
    if (ALREADY_THERE.includes(codeOf(error))) return null;
    return new Error(
      `the role ${role} cannot be made (SQLSTATE ${codeOf(error)}): have an administrator run CREATE ROLE ${role} NOLOGIN, and repeat this`,
      { cause: error },
    );
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

async function refuseOwner(client: Client, roles: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ role: string; name: string }>(
    `SELECT r.rolname AS role, c.relname AS name FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
     WHERE r.rolname = ANY ($1) AND (c.oid = ANY ($2::regclass[]) OR c.oid = 'sync_pass'::regclass)`,
    [roles, EMS_TABLES],
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new Error(
    `the role ${first.role} owns ${rows.map(({ name }) => name).join(', ')}: give the tables to another role (ALTER TABLE … OWNER TO …) and run this as that one`,
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
