import { Client, escapeIdentifier } from 'pg';
import { migrate } from '../../database/migrate.ts';
import { hashOfFiles } from '../hash-of-files.ts';

/** What a migrated database depends on. */
const SOURCES = ['database/**/*.ts', 'sync/**/*.ts', 'package-lock.json'];

/** Another test file may be making the template. */
const LOCK = `SELECT pg_advisory_lock(hashtext('template of migrated databases'))`;

/**
 * Creates a database with EMS's tables and ours, all empty. It is a copy of a template that the first caller migrates:
 * a copy costs a thirtieth of the CPU of all migrations.
 */
export async function createMigratedDatabase(adminUrl: string, name: string): Promise<void> {
  const template = `ems_template_${hashOfFiles(SOURCES)}`;
  await connected(adminUrl, async (admin) => {
    await admin.query(LOCK);
    await ensureTemplate(admin, { adminUrl, template });
    await admin.query(`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${template} STRATEGY file_copy`);
  });
  await connected(databaseOf(adminUrl, name), becomeAnotherInstallation);
}

async function ensureTemplate(
  admin: Client,
  { adminUrl, template }: { readonly adminUrl: string; readonly template: string },
): Promise<void> {
  const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [template]);
  if (rowCount === 1) return;
  // It gets its name when it is complete: a test run may be stopped on the way.
  const unfinished = `${template}_unfinished`;
  await admin.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${unfinished} STRATEGY file_copy`);
  await migrate({ databaseUrl: databaseOf(adminUrl, unfinished), withEms: true });
  await admin.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
}

/** The migrations draw an id and a key at random, and note the time. Copies must not share them. */
async function becomeAnotherInstallation(database: Client): Promise<void> {
  await database.query(
    `UPDATE sync_installation SET id = left(replace(gen_random_uuid()::text, '-', ''), 12),
       fingerprint_key = sha256(gen_random_uuid()::text::bytea), made_on = clock_timestamp()`,
  );
}

async function connected(url: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

const databaseOf = (adminUrl: string, name: string): string =>
  Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
