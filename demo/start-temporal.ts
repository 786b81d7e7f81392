import { join } from 'node:path';
import type { Child } from '../local/child-process.ts';
import type { LocalPostgres } from '../local/postgres.ts';
import { findTemporalCli } from '../local/temporal-cli.ts';
import { startTemporalOnPostgres } from '../local/temporal-postgres.ts';
import { startTemporal } from '../local/temporal-server.ts';
import { findTemporalServer } from '../local/temporal-server-programs.ts';

/** `dev`: the development server, on SQLite. `postgres`: the full server, on PostgreSQL, as in docker-compose.yml. */
export const TEMPORAL_KINDS = ['dev', 'postgres'] as const;
export type TemporalKind = (typeof TEMPORAL_KINDS)[number];

export interface RunningTemporal {
  readonly address: string;
  readonly uiUrl: string;
  readonly processes: readonly Child[];
  stop(): Promise<void>;
}

/** @param folder this demo's own. */
export type StartTemporal = (folder: string, postgres: LocalPostgres) => Promise<RunningTemporal>;

export interface FindTemporal {
  readonly say: (line: string) => void;
  /** Stops the search, also while it downloads or builds. */
  readonly signal: AbortSignal;
}

/** The Web UI's port in Temporal's documentation. Another one is used if it is taken. */
const USUAL_UI_PORT = 8233;

const common = { namespaces: ['default'], uiPort: USUAL_UI_PORT };

/**
 * Finds the programs of a server. It may take minutes, so it runs before anything else is started.
 *
 * @throws TemporalCliNotFoundError, TemporalServerNotFoundError
 */
export async function findTemporal(kind: TemporalKind, { say, signal }: FindTemporal): Promise<StartTemporal> {
  if (kind === 'dev') {
    const cli = await findTemporalCli({ onProgress: say, signal });
    return async (folder) => {
      const server = await startTemporal({ ...common, cli, dbFile: join(folder, 'temporal.db') });
      return { ...server, uiUrl: server.uiUrl ?? '', processes: [server.process] };
    };
  }
  const programs = await findTemporalServer({ onProgress: say });
  return async (folder, postgres) => {
    const server = await startTemporalOnPostgres({ ...common, programs, folder, postgres });
    return { ...server, processes: [server.process, server.uiProcess] };
  };
}
