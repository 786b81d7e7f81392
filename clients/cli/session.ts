import type { Client } from '@temporalio/client';
import { createOrm, type Orm } from '../../database/orm.ts';
import { loadEnvironment } from '../../settings/load-environment.ts';
import { readSettings, type EnabledTarget, type Settings } from '../../settings/read-settings.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { GRPC, grpcFailure } from '../grpc-code.ts';
import type { OwnInstallation } from '../own-installation.ts';
import { connectTemporal } from '../temporal-client.ts';
import { CommandError } from './command-error.ts';
import { databaseFailure, temporalFailure } from './failures.ts';

/** The connections of one command. Each is opened on first use. */
export interface Session {
  readonly settings: Settings;
  /** @throws CommandError with the address of PostgreSQL and what to do. */
  database(): Promise<Orm>;
  /**
   * @throws CommandError with the address of Temporal and what to do; SettingsError if another installation has claimed
   *   the namespace.
   */
  temporal(): Promise<Client>;
  /** The same without the comparison of installations, for `check` and for claiming. @throws CommandError */
  installation(): Promise<OwnInstallation>;
}

/**
 * Runs a command with the settings of the environment, and closes its connections afterwards.
 *
 * @throws SettingsError with every problem of the settings.
 */
export async function inSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const settings = readSettings(loadEnvironment());
  let orm: Promise<Orm> | undefined;
  let own: Promise<OwnInstallation> | undefined;
  const database = () => (orm ??= openDatabase(settings));
  const installation = () => (own ??= openTemporal(settings, database));
  try {
    return await work({
      settings,
      database,
      installation,
      temporal: async () => {
        const own = await installation();
        await own.get();
        return own.client;
      },
    });
  } finally {
    const [openOrm, openClient] = await Promise.allSettled([orm, own]);
    if (openOrm.status === 'fulfilled') await openOrm.value?.close(true);
    if (openClient.status === 'fulfilled') await openClient.value?.client.connection.close();
  }
}

/** @throws CommandError if the process has no settings: no worker would serve the request. */
export function enabledTarget({ settings }: Session, process: SyncProcess): EnabledTarget {
  const enabled = settings.enabled.find(({ target }) => target.process.name === process.name);
  if (enabled !== undefined) return enabled;
  const missing = settings.off.find((one) => one.process === process.name)?.missing ?? [];
  throw new CommandError(2, `${process.name} is off: set ${missing.join(', ')} (see .env.example)`);
}

async function openDatabase({ common }: Settings): Promise<Orm> {
  const orm = await createOrm({ databaseUrl: common.DATABASE_URL, poolSize: 4 });
  try {
    await orm.em.fork().execute('SELECT 1');
    return orm;
  } catch (error) {
    await orm.close(true);
    throw new CommandError(1, databaseFailure(error, common), { cause: error });
  }
}

async function openTemporal({ common }: Settings, database: () => Promise<Orm>): Promise<OwnInstallation> {
  let own: OwnInstallation;
  try {
    own = await connectTemporal(common, database);
  } catch (error) {
    if (error instanceof Error && error.name === 'SettingsError') throw error;
    throw new CommandError(1, temporalFailure(error, common), { cause: error });
  }
  const { client } = own;
  try {
    await client.withDeadline(Date.now() + 8_000, () =>
      client.workflowService.describeNamespace({ namespace: common.TEMPORAL_NAMESPACE }),
    );
    return own;
  } catch (error) {
    // Not every account may describe a namespace. The requests themselves show whether we have access.
    if (grpcFailure(error)?.code === GRPC.PERMISSION_DENIED) return own;
    await client.connection.close();
    throw new CommandError(1, temporalFailure(error, common), { cause: error });
  }
}
