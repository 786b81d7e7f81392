import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { migrate } from '../../database/migrate.ts';
import { readModelFile } from '../../database/model/read-model.ts';
import { createOrm, type Orm } from '../../database/orm.ts';
import { projectFolder } from '../../local/folders.ts';
import { freshDatabase } from '../simulators/fresh-database.ts';

export const MODEL_FILE = join(projectFolder, 'test', 'second-ems', 'model.yaml');

const SCHEMA = readFileSync(join(projectFolder, 'test', 'second-ems', 'schema.sql'), 'utf8');

type Values = Readonly<Record<string, unknown>>;

/** An EMS with names of its own, and our views of it. It is written to as its own application does. */
export class SecondEms {
  readonly url: string;
  readonly client: Client;
  readonly orm: Orm;
  readonly locks: AdvisoryLocks;
  readonly #drop: () => Promise<void>;

  private constructor(parts: {
    url: string;
    client: Client;
    orm: Orm;
    locks: AdvisoryLocks;
    drop: () => Promise<void>;
  }) {
    this.url = parts.url;
    this.client = parts.client;
    this.orm = parts.orm;
    this.locks = parts.locks;
    this.#drop = parts.drop;
  }

  /** The tables alone: nothing of ours. */
  static async tables(): Promise<{
    readonly url: string;
    readonly client: Client;
    readonly drop: () => Promise<void>;
  }> {
    const { url, drop } = await freshDatabase();
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query("SET TIME ZONE 'UTC'");
    await client.query(SCHEMA);
    return {
      url,
      client,
      drop: async () => {
        await client.end();
        await drop();
      },
    };
  }

  static async start(options: { readonly notify?: boolean } = {}): Promise<SecondEms> {
    const { url, client, drop } = await SecondEms.tables();
    await migrate({ databaseUrl: url, withEms: false, model: readModelFile(MODEL_FILE), ...options });
    const orm = await createOrm({ databaseUrl: url });
    return new SecondEms({ url, client, orm, locks: new AdvisoryLocks(url), drop });
  }

  /** @returns the new row's id. */
  async insert(table: string, values: Values): Promise<string> {
    const isPerson = table === 'Person';
    const now = await this.now();
    const own = isPerson ? { personId: await this.#nextPerson(), optLock: 0, createdDate: now } : { version: 0 };
    const row = { ...own, publicId: crypto.randomUUID(), isDeleted: false, lastModifiedDate: now, ...values };
    const columns = Object.keys(row);
    const { rows } = await this.client.query<{ id: string }>(
      `INSERT INTO registry.${escapeIdentifier(table)} (${columns.map(escapeIdentifier).join(', ')})
       VALUES (${columns.map((_, place) => `$${place + 1}`).join(', ')}) RETURNING "${isPerson ? 'personId' : 'id'}" AS id`,
      Object.values(row),
    );
    return rows[0]?.id ?? '';
  }

  async update(table: string, id: string, values: Values): Promise<void> {
    const isPerson = table === 'Person';
    const row = { lastModifiedDate: await this.now(), ...values };
    const lock = isPerson ? '"optLock"' : 'version';
    const set = Object.keys(row).map((column, place) => `${escapeIdentifier(column)} = $${place + 2}`);
    await this.client.query(
      `UPDATE registry.${escapeIdentifier(table)} SET ${[...set, `${lock} = ${lock} + 1`].join(', ')}
       WHERE "${isPerson ? 'personId' : 'id'}" = $1`,
      [id, ...Object.values(row)],
    );
  }

  /** As EMS deletes: by its flag. */
  async remove(table: string, id: string): Promise<void> {
    await this.update(table, id, { isDeleted: true });
  }

  async now(): Promise<string> {
    const { rows } = await this.client.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
    return rows[0]?.now ?? '';
  }

  async close(): Promise<void> {
    await this.locks.close();
    await this.orm.close();
    await this.#drop();
  }

  /** JPA's pooled optimiser: ids come out of a block of fifty. */
  async #nextPerson(): Promise<string> {
    const { rows } = await this.client.query<{ id: string }>(`SELECT nextval('registry."PERSON_SEQ"') AS id`);
    return rows[0]?.id ?? '';
  }
}
