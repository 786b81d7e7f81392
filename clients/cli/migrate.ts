import { installIndexes } from '../../database/detection/install-indexes.ts';
import { migrate } from '../../database/migrate.ts';
import { readModelFile } from '../../database/model/read-model.ts';
import { hasRoles, installRoles } from '../../database/roles/install-roles.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';
import { CommandError } from './command-error.ts';
import { inSession } from './session.ts';
import { say } from './output.ts';

interface MigrateFlags {
  readonly withEms?: boolean;
  readonly withNotify?: true;
  readonly withoutNotify?: true;
  readonly withRoles?: boolean;
  readonly withIndexes?: boolean;
}

/** `ems-sync migrate` */
export async function migrateDatabase(flags: MigrateFlags): Promise<void> {
  const { withEms = false, withNotify, withoutNotify, withRoles = false, withIndexes = false } = flags;
  await inSession(async ({ settings }) => {
    const notify = withNotify ?? (withoutNotify === true ? false : undefined);
    const { DATABASE_URL: databaseUrl, EMS_MODEL_FILE: file } = settings.common;
    if (withEms && file !== undefined) {
      throw new CommandError(
        2,
        "--with-ems makes EMS's tables for a trial: leave it out, or do without EMS_MODEL_FILE",
      );
    }
    const ran = await migrate({
      databaseUrl,
      withEms,
      ...(notify === undefined ? {} : { notify }),
      ...(file === undefined ? {} : { model: readModelFile(file), onNote: say }),
    });
    for (const name of ran) say(`ran ${name}`);
    if (notify !== undefined) say(`change notifications are ${notify ? 'enabled' : 'disabled'} on EMS's tables`);
    if (withIndexes) {
      const tables = await installIndexes(databaseUrl);
      say(`indexes on modified_on: ${tables.length === 0 ? 'all were there' : `made for ${tables.join(', ')}`}`);
    }
    // Grant existing roles what a new release needs.
    if (withRoles || (ran.length > 0 && (await hasRoles(databaseUrl)))) {
      const owned = inboundColumns(TARGETS);
      const { roles, lacking } = await installRoles({ databaseUrl, owned, mayLack: !withRoles });
      say(`the roles ${roles.join(', ')} may do what this release needs, and nothing else`);
      for (const problem of lacking) say(problem);
    }
    say(
      ran.length === 0 && notify === undefined && !withIndexes
        ? 'nothing to do: the database is up to date'
        : 'the database is up to date',
    );
  });
}
