import { Client } from 'pg';

/**
 * Lets the database refuse writes to our tables as PostgreSQL does when its disk is full (SQLSTATE 53100), while a row of
 * `chaos.full_disk` says so. A disk that is really full takes root, and a file system that every platform names differently.
 */
export async function installFullDisk(databaseUrl: string): Promise<void> {
  await execute(
    databaseUrl,
    `CREATE TABLE chaos.full_disk (until timestamptz NOT NULL);
     CREATE FUNCTION chaos.refuse_when_full() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT FROM chaos.full_disk WHERE until > clock_timestamp()) THEN
           RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
         END IF;
         RETURN NULL;
       END $$;
     DO $$
       DECLARE name text;
       BEGIN
         FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
           AND relname LIKE 'sync!_%' ESCAPE '!' LOOP
           EXECUTE format('CREATE TRIGGER chaos_full_disk BEFORE INSERT OR UPDATE ON public.%I
             FOR EACH STATEMENT EXECUTE FUNCTION chaos.refuse_when_full()', name);
         END LOOP;
       END $$`,
  );
}

export const fillDisk = (databaseUrl: string, forMs: number): Promise<void> =>
  execute(
    databaseUrl,
    `INSERT INTO chaos.full_disk VALUES (clock_timestamp() + interval '${Math.round(forMs)} milliseconds')`,
  );

export const freeDisk = (databaseUrl: string): Promise<void> => execute(databaseUrl, 'TRUNCATE chaos.full_disk');

async function execute(databaseUrl: string, statements: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}
