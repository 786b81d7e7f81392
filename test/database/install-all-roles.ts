import { installRoles } from '../../database/roles/install-roles.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';

/** Gives our roles their privileges in this database, as `ems-sync migrate` does. */
export async function installAllRoles(databaseUrl: string): Promise<void> {
  await installRoles({ databaseUrl, owned: inboundColumns(TARGETS) });
}
