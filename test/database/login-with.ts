import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface LimitedLogin {
  /** The same database, for a login that is a member of one role and has no other rights. */
  readonly url: string;
  /** Call it after the database has been dropped. */
  drop(adminUrl: string): Promise<void>;
}

/** A login with a role that is installed already. */
export async function loginWith(databaseUrl: string, role: string): Promise<LimitedLogin> {
  const name = `login_${randomBytes(6).toString('hex')}`;
  await run(databaseUrl, `CREATE ROLE ${name} LOGIN PASSWORD '${name}' IN ROLE ${role}`);
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
