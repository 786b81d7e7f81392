import type { Connection } from '@temporalio/client';
import type { Orm } from '../../database/orm.ts';
import { within } from './within.ts';

export interface Reached {
  readonly orm: Orm;
  readonly workflowService: Pick<Connection['workflowService'], 'getSystemInfo'>;
}

const ANSWERS_WITHIN_MS = 2_000;

/** The names of the servers that do not answer now, for readiness checks. */
export async function unreachable({ orm, workflowService }: Reached): Promise<string[]> {
  const looks: Record<string, () => Promise<unknown>> = {
    PostgreSQL: async () => orm.em.fork().execute('SELECT 1'),
    Temporal: async () => workflowService.getSystemInfo({}),
  };
  const missing = await Promise.all(
    Object.entries(looks).map(async ([name, look]) =>
      within(ANSWERS_WITHIN_MS, look()).then(
        () => [],
        () => [name],
      ),
    ),
  );
  return missing.flat();
}
