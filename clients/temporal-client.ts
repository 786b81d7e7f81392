import { Connection } from '@temporalio/client';
import type { Orm } from '../database/orm.ts';
import { dataConverterOf } from '../settings/data-converter.ts';
import type { CommonSettings } from '../settings/schema.ts';
import { temporalConnection } from '../settings/temporal-connection.ts';
import { OwnInstallation } from './own-installation.ts';

/** Long enough for a distant server, short enough for a user at a prompt. */
const CONNECT_TIMEOUT = '8 seconds';

/**
 * A client of the namespace in the settings, for the installation of our database; close it with
 * `client.connection.close()`.
 *
 * @throws SettingsError if certificates cannot be read; the SDK's error if the server cannot be reached within 8 s.
 */
export async function connectTemporal(
  settings: CommonSettings,
  database: () => Promise<Orm>,
): Promise<OwnInstallation> {
  const connection = Connection.lazy({ ...temporalConnection(settings), connectTimeout: CONNECT_TIMEOUT });
  try {
    await connection.ensureConnected();
  } catch (error) {
    await connection.close();
    throw error;
  }
  const { TEMPORAL_NAMESPACE: namespace } = settings;
  return new OwnInstallation({ connection, namespace, dataConverter: dataConverterOf(settings), database });
}
