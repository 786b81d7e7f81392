import type { Command } from 'commander';
import { migrate } from '../../database/migrate.ts';
import { hasRoles, installRoles, SYNC_ROLE } from '../../database/roles/install-roles.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';
import { inSession } from './session.ts';
import { say } from './output.ts';

/** `ems-sync migrate` */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description("bring our tables (sync_*) in EMS's database to this release")
    .option('--with-ems', "also make EMS's tables, for a trial; never where EMS has made them")
    .option('--with-roles', `also make the role ${SYNC_ROLE}, which may do what ems-sync needs and nothing else`)
    .addHelpText('after', '\nExample: npx ems-sync migrate --with-roles')
    .action(({ withEms = false, withRoles = false }: { withEms?: boolean; withRoles?: boolean }) =>
      inSession(async ({ settings }) => {
        const databaseUrl = settings.common.DATABASE_URL;
        const ran = await migrate({ databaseUrl, withEms });
        for (const name of ran) say(`ran ${name}`);
        // A role that is there gets what a new release needs.
        if (withRoles || (ran.length > 0 && (await hasRoles(databaseUrl)))) {
          await installRoles({ databaseUrl, owned: inboundColumns(TARGETS) });
          say(`the role ${SYNC_ROLE} may do what this release needs, and nothing else`);
        }
        say(ran.length === 0 ? 'nothing to do: the database is up to date' : 'the database is up to date');
      }),
    );
}
