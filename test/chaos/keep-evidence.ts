import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inSnapshot } from '../../demo/in-snapshot.ts';
import type { World } from './world.ts';

/** Writes every table and every target's content to files, because a run removes its servers' data. */
export async function keepEvidence({ databaseUrl, targets }: World, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await inSnapshot(databaseUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} t`);
      if (rows.length > 0) writeFileSync(join(folder, `${name}.jsonl`), `${rows.map(({ row }) => row).join('\n')}\n`);
    }
  });
  for (const [process, { stateUrl }] of targets) {
    const answer = await fetch(stateUrl);
    writeFileSync(join(folder, `${process}.json`), await answer.text());
  }
}
