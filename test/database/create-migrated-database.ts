import { Client, escapeIdentifier } from 'pg';
import { hashOfFiles } from '../hash-of-files.ts';

/** What a migrated database depends on. */
const SOURCES = ['database/**/*.ts', 'sync/**/*.ts', 'package-lock.json'];

/** Another test file may be making the template. */
const LOCK = `SELECT pg_advisory_lock(hashtext('template of migrated databases'))`;

/** What the privileges of our roles depend on, besides. */
const ROLE_SOURCES = [...SOURCES, 'targets/**/*.ts'];

interface Template {
  readonly name: string;
  /** What it is a copy of. */
  readonly from?: Template;
  readonly make: (databaseUrl: string) => Promise<void>;
}

/**
 * Creates a database with EMS's tables and ours, all empty. It is a copy of a template that the first caller migrates:
 * a copy costs a thirtieth of the CPU of all migrations.
 *
 * @param options `withRoles`: our roles have their privileges in it, as after `ems-sync migrate`.
 */
export async function createMigratedDatabase(
  adminUrl: string,
  name: string,
  { withRoles = false }: { readonly withRoles?: boolean } = {},
): Promise<void> {
  const template = withRoles ? templateWithRoles() : migratedTemplate();
  await connected(adminUrl, async (admin) => {
    await admin.query(LOCK);
    await ensureTemplate(admin, adminUrl, template);
    await admin.query(`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${template.name} STRATEGY file_copy`);
  });
  await connected(databaseOf(adminUrl, name), becomeAnotherInstallation);
}

// Only who makes a template loads what it needs: the object-relational mapper takes a third of a second to load.
const migratedTemplate = (): Template => ({
  name: `ems_template_${hashOfFiles(SOURCES)}`,
  async make(databaseUrl) {
    const { migrate } = await import('../../database/migrate.ts');
    await migrate({ databaseUrl, withEms: true });
  },
});

const templateWithRoles = (): Template => ({
  name: `ems_template_roles_${hashOfFiles(ROLE_SOURCES)}`,
  from: migratedTemplate(),
  async make(databaseUrl) {
    const { installAllRoles } = await import('./install-all-roles.ts');
    await installAllRoles(databaseUrl);
  },
});

async function ensureTemplate(admin: Client, adminUrl: string, { name, from, make }: Template): Promise<void> {
  const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 1) return;
  if (from !== undefined) await ensureTemplate(admin, adminUrl, from);
  // It gets its name when it is complete: a test run may be stopped on the way.
  const unfinished = `${name}_unfinished`;
  await admin.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${unfinished} TEMPLATE ${from?.name ?? 'template1'} STRATEGY file_copy`);
  await make(databaseOf(adminUrl, unfinished));
  await admin.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`);
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
