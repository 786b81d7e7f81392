import type { Command } from 'commander';
import { migrate } from '../../database/migrate.ts';
import { inSession } from './session.ts';
import { say } from './output.ts';

/** `ems-sync migrate` */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description("bring our tables (sync_*) in EMS's database to this release")
    .option('--with-ems', "also make EMS's tables, for a trial; never where EMS has made them")
    .addHelpText('after', '\nExample: npx ems-sync migrate')
    .action(({ withEms = false }: { withEms?: boolean }) =>
      inSession(async ({ settings }) => {
        const ran = await migrate({ databaseUrl: settings.common.DATABASE_URL, withEms });
        for (const name of ran) say(`ran ${name}`);
        say(ran.length === 0 ? 'nothing to do: the database is up to date' : 'the database is up to date');
      }),
    );
}
