import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { installRoles, SYNC_ROLE } from '../../database/roles/install-roles.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';

export interface LimitedLogin {
  /** The same database, for a login that is a member of `ems_sync` and has no other rights. */
  readonly url: string;
  /** Call it after the database has been dropped. */
  drop(adminUrl: string): Promise<void>;
}

/** @param databaseUrl a superuser's URL of a migrated database. */
export async function limitedLogin(databaseUrl: string): Promise<LimitedLogin> {
  await installRoles({ databaseUrl, owned: inboundColumns(TARGETS) });
  const name = `worker_${randomBytes(6).toString('hex')}`;
  await run(databaseUrl, `CREATE ROLE ${name} LOGIN PASSWORD '${name}' IN ROLE ${SYNC_ROLE}`);
  const url = new URL(databaseUrl);
  url.username = name;
  url.password = name;
  return { url: url.href, drop: (adminUrl) => run(adminUrl, `DROP ROLE ${name}`) };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
