import { Option, type Command } from 'commander';
import { migrate } from '../../database/migrate.ts';
import { hasRoles, installRoles, SYNC_ROLE } from '../../database/roles/install-roles.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';
import { inSession } from './session.ts';
import { say } from './output.ts';

interface MigrateFlags {
  readonly withEms?: boolean;
  readonly withNotify?: true;
  readonly withoutNotify?: true;
  readonly withRoles?: boolean;
}

/** `ems-sync migrate` */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description("bring our tables (sync_*) in EMS's database to this release")
    .option('--with-ems', "also make EMS's tables, for a trial; never where EMS has made them")
    .addOption(
      new Option(
        '--with-notify',
        "put triggers on EMS's tables that tell npm run listener of changes (docs/on-demand.md)",
      ).conflicts('withoutNotify'),
    )
    .option('--without-notify', 'take them off again')
    .option('--with-roles', `also make the role ${SYNC_ROLE}, which may do what ems-sync needs and nothing else`)
    .addHelpText('after', '\nExample: npx ems-sync migrate --with-roles')
    .action(({ withEms = false, withNotify, withoutNotify, withRoles = false }: MigrateFlags) =>
      inSession(async ({ settings }) => {
        const notify = withNotify ?? (withoutNotify === true ? false : undefined);
        const databaseUrl = settings.common.DATABASE_URL;
        const ran = await migrate({ databaseUrl, withEms, ...(notify === undefined ? {} : { notify }) });
        for (const name of ran) say(`ran ${name}`);
        if (notify !== undefined) say(notify ? "EMS's tables tell of changes" : "EMS's tables tell nothing any more");
        // A role that is there gets what a new release needs.
        if (withRoles || (ran.length > 0 && (await hasRoles(databaseUrl)))) {
          await installRoles({ databaseUrl, owned: inboundColumns(TARGETS) });
          say(`the role ${SYNC_ROLE} may do what this release needs, and nothing else`);
        }
        say(
          ran.length === 0 && notify === undefined
            ? 'nothing to do: the database is up to date'
            : 'the database is up to date',
        );
      }),
    );
}
