import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  conflictArgument,
  holdArgument,
  keyArgument,
  keysArgument,
  processArgument,
  remoteIdArgument,
} from './arguments.ts';
import { addFailing } from './failing-command.ts';
import { addCompletion, addStatus } from './more-commands.ts';
import { addCompare, addPlan } from './plan-commands.ts';

// Usage only. A command's code is imported when it runs, so help and typing mistakes load nothing else.

/** All commands of `ems-sync` with their arguments, options and examples. */
export function createProgram(): Command {
  const program = new Command('ems-sync')
    .description('Keeps target systems in sync with EMS, on Temporal.')
    .version(ownVersion(), '--version', 'print the version')
    .addHelpText('after', '\nExample: npx ems-sync check')
    .showHelpAfterError('(add --help for usage)')
    .exitOverride();
  const add = (name: string, description: string, ...examples: readonly string[]): Command =>
    withExamples(program.command(name).description(description), examples);

  add('check', 'check settings, database, Temporal, targets and workers', 'check --fix')
    .option('--fix', 'create missing search attributes in Temporal, and missing fields and topics at the targets')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./check.ts')).check(options));

  add('migrate', "bring our tables (sync_*) in EMS's database to this release", 'migrate --with-roles')
    .option('--with-ems', "also create EMS's tables, for a trial; never where EMS has created them")
    .addOption(
      new Option(
        '--with-notify',
        "put triggers on EMS's tables that notify npm run listener of changes (docs/on-demand.md)",
      ).conflicts('withoutNotify'),
    )
    .option('--without-notify', 'remove those triggers')
    .option(
      '--with-indexes',
      "also create the indexes on EMS's tables that everyday sweeps read by (docs/operating.md); needs their owner, and locks out no writes",
    )
    .option('--with-roles', 'also create a database role that may do what ems-sync needs and nothing else')
    .action(async (options) => (await import('./migrate.ts')).migrateDatabase(options));

  addSchedules(add('schedules', 'the Temporal Schedules that start the sweeps', 'schedules apply'));

  waiting(
    add('sync', 'sync these entities to a target now', 'sync TAGSERVER Person 4711 4712 --wait')
      .argument('<process>', 'for example TAGSERVER', processArgument)
      .argument('<type>', 'for example Person')
      .argument('<id...>', 'ids of EMS rows', keysArgument),
    'wait for the results; exit 1 unless all are in sync',
  )
    .option('--resend', 'also send what is recorded as delivered, for example after a restored backup')
    .action(async (process, type, keys, options) => (await import('./sync.ts')).sync(process, type, keys, options));

  waiting(
    add(
      'sweep',
      'run one sweep now: everything that is due in a process, or has changed at its target',
      'sweep TAGSERVER outbound --wait',
      'sweep RUNSIGNUP inbound --wait',
    )
      .argument('<process>', 'for example TAGSERVER', processArgument)
      .argument('<direction>', 'outbound or inbound'),
    'wait for the end and print the counts; exit 1 if the target is down or cannot be read',
  ).action(async (process, direction, options) => (await import('./sweep.ts')).sweep(process, direction, options));

  addStatus(
    add(
      'status',
      'counts by state for each type of each enabled process',
      'status',
      'status --process TAGSERVER --exit-code',
    ),
  );

  add('why', 'what each process did with an entity, and what it waits for', 'why Person 4711')
    .argument('<type>', 'for example Person')
    .argument('<id>', 'id of an EMS row', keyArgument)
    .option('--json', 'print JSON')
    .action(async (type, key, options) => (await import('./why.ts')).why(type, key, options));

  addFailing(
    add('failing', 'which rows fail or are parked, and why', 'failing --group code', 'failing --process TAGSERVER'),
  );

  waiting(
    add(
      'retry',
      'retry parked and failing entities now: all of a process, all of a type, or the given ones',
      'retry TAGSERVER',
      'retry TAGSERVER Person 4711 --wait',
      'retry CHATWOOT Person --unlinked',
      'retry --code TAGSERVER-409-DUPLICATE-BIB',
    )
      .argument('[process]', 'for example TAGSERVER; needed without --code', processArgument)
      .argument('[type]', 'for example Person')
      .argument('[id...]', 'ids of EMS rows', keysArgument),
    'wait for the results; exit 1 unless all are in sync',
  )
    .option('--code <code>', 'only what failed for this reason; npx ems-sync failing shows the codes')
    .option(
      '--unlinked',
      'take up what is unlinked instead: the given ids, or all whose remote record is gone; each finds its remote record, or gets a new one',
    )
    .action(async (process, type, keys, options) => (await import('./retry.ts')).retry(process, type, keys, options));

  for (const [name, description] of [
    ['adopt', 'say that a row whose id was given out again is the one that was delivered: it is synced as before'],
    [
      'start-anew',
      'say that it is another one: what the target has of the former row is taken off, and it gets its own',
    ],
  ] as const) {
    withTimeout(
      add(name, description, `${name} Person 4711`, `${name} Person 4711 --process CHATWOOT`)
        .argument('<type>', 'for example Person')
        .argument('<id>', 'id of an EMS row', keyArgument)
        .option('--process <process>', 'only there, for example CHATWOOT', processArgument),
    ).action(async (type, key, options) =>
      (await import('./reissued.ts')).decideReissued(name, { type, key }, options),
    );
  }

  add(
    'retarget',
    'accept that the settings of a process name another account, list or address than before; until then it is stopped',
    'retarget MAUTIC --keep',
    'retarget MAILCHIMP --anew',
  )
    .argument('<process>', 'for example MAUTIC', processArgument)
    .addOption(new Option('--keep', 'the same data at a new address: the records stay').conflicts('anew'))
    .option('--anew', 'another account: remote ids are forgotten, and everything is sent again')
    .option('--json', 'print JSON')
    .action(async (process, options) => (await import('./retarget.ts')).retarget(process, options));

  addPauses(add);

  add(
    'approve',
    'let pass what a sweep or poll holds back: very many changes, removals or missing records at once',
    'approve CHATWOOT 3',
  )
    .argument('<process>', 'for example CHATWOOT', processArgument)
    .argument('<hold>', 'its number, from npx ems-sync status', holdArgument)
    .option('--json', 'print JSON')
    .action(async (process, id, options) => (await import('./approve.ts')).approve(process, id, options));

  add('rekey', 'bring what is kept under an older key of SYNC_KEY under the first one; it may be interrupted', 'rekey')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./rekey.ts')).rekey(options));

  addConflicts(
    add(
      'conflicts',
      'remote values that EMS did not take over: those that lost, and proposals to decide about',
      'conflicts list',
      'conflicts list --proposed',
    ),
  );
  addLinks(add);
  addPlan(add, withTimeout);
  addCompare(add, withTimeout);

  withTimeout(
    add(
      'erase',
      'erase a person at every target permanently, with receipts; EMS is not changed, and the address stays erased',
      'erase person 4711',
    )
      .argument('<type>', 'person')
      .argument('<id>', 'id of the EMS row, which may be deleted already', keyArgument),
  ).action(async (type, key, options) => (await import('./erase.ts')).erase(type, key, options));

  addCompletion(
    add('completion', 'a script that completes commands in your shell', 'completion bash > ems-sync.bash'),
    program,
  );

  return program;
}

function addPauses(add: (name: string, description: string, ...examples: readonly string[]) => Command): void {
  for (const [name, description] of [
    ['pause', 'stop all work of a process: sweeps, polls, retries, webhooks and requests on demand; nothing is lost'],
    ['resume', 'let a paused process go on'],
  ] as const) {
    add(name, description, `${name} MAILCHIMP`, `${name} --all`)
      .argument('[process]', 'for example MAILCHIMP', processArgument)
      .option('--all', 'every process')
      .option('--json', 'print JSON')
      .action(async (process, options) => (await import('./pause.ts'))[name](process, options));
  }
}

function addSchedules(schedules: Command): void {
  withExamples(schedules.command('apply'), ['schedules apply'])
    .description('create, update and remove schedules to match the enabled processes')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./schedules.ts')).apply(options));
  withExamples(schedules.command('list'), ['schedules list'])
    .description('the schedules, when they run, and whether they are paused')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./schedules.ts')).list(options));
  withExamples(schedules.command('pause'), ['schedules pause TAGSERVER'])
    .description('start no more sweeps of a process')
    .argument('<process>', 'for example TAGSERVER', processArgument)
    .action(async (process) => (await import('./schedules.ts')).pause(process, true));
  withExamples(schedules.command('resume'), ['schedules resume TAGSERVER'])
    .description('start the sweeps of a process again')
    .argument('<process>', 'for example TAGSERVER', processArgument)
    .action(async (process) => (await import('./schedules.ts')).pause(process, false));
}

function addConflicts(conflicts: Command): void {
  withExamples(conflicts.command('list'), ['conflicts list --process RUNSIGNUP', 'conflicts list --proposed'])
    .description('the conflicts, newest first, without the values')
    .option('--proposed', 'instead, values that anybody may have written there, and that nobody has decided about')
    .option('--process <process>', 'only those of this process, for example RUNSIGNUP', processArgument)
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./conflicts.ts')).list(options));
  withExamples(conflicts.command('show'), ['conflicts show 12'])
    .description('the values that lost or are proposed, decrypted with SYNC_KEY: personal data, shown nowhere else')
    .argument('<id>', 'number of the conflict', conflictArgument)
    .option('--json', 'print JSON')
    .action(async (id, options) => (await import('./conflicts.ts')).show(id, options));
  withTimeout(
    withExamples(conflicts.command('restore'), ['conflicts restore 12'])
      .description('write the values that lost into EMS, from where they reach every target')
      .argument('<id>', 'number of the conflict', conflictArgument),
  ).action(async (id, options) => (await import('./conflicts.ts')).restore(id, options));
  withTimeout(
    withExamples(conflicts.command('accept'), ['conflicts accept 13'])
      .description('write proposed values into EMS, from where they reach every target')
      .argument('<id>', 'number of the proposal', conflictArgument),
  ).action(async (id, options) => (await import('./conflicts.ts')).accept(id, options));
  withExamples(conflicts.command('refuse'), ['conflicts refuse 13'])
    .description('leave EMS as it is; the target has EMS’s values already')
    .argument('<id>', 'number of the proposal', conflictArgument)
    .option('--json', 'print JSON')
    .action(async (id, options) => (await import('./conflicts.ts')).refuse(id, options));
}

function addLinks(add: (name: string, description: string, ...examples: readonly string[]) => Command): void {
  withTimeout(
    add(
      'link',
      'link an EMS row to a remote record and sync the two (EMS wins)',
      'link RUNSIGNUP Event 12 567@9',
      'link CHATWOOT Person 4711 47',
    )
      .argument('<process>', 'for example RUNSIGNUP', processArgument)
      .argument('<type>', 'for example Event')
      .argument('<id>', 'id of an EMS row', keyArgument)
      .argument('<remote-id>', 'for example 567@9: race 567 of RunSignup, its race_event_days_id 9', remoteIdArgument),
    // oxlint-disable-next-line max-params -- commander hands over a command's arguments one by one
  ).action(async (process, type, key, remoteId, options) =>
    (await import('./link.ts')).link({ process, type, key, remoteId }, options),
  );
  withTimeout(
    add(
      'unlink',
      'unlink an EMS row from its remote record; both stay as they are and are no longer synced',
      'unlink CHATWOOT Person 4711',
    )
      .argument('<process>', 'for example CHATWOOT', processArgument)
      .argument('<type>', 'for example Person')
      .argument('<id>', 'id of an EMS row', keyArgument),
  ).action(async (process, type, key, options) => (await import('./link.ts')).unlink({ process, type, key }, options));
}

function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `npx ems-sync ${example}`);
  const label = lines.length === 1 ? '\nExample: ' : '\nExamples: ';
  return command.addHelpText('after', label + lines.join(`\n${' '.repeat(label.length - 1)}`));
}

/** Adds `--wait`, `--timeout` and `--json` to a command that starts work and may wait for it. */
function waiting(command: Command, waits: string): Command {
  return withTimeout(command.option('--wait', waits));
}

/** Adds `--timeout` and `--json` to a command that always waits. */
function withTimeout(command: Command): Command {
  return command.option('--timeout <seconds>', 'how long to wait', seconds, 120).option('--json', 'print JSON');
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 86_400) throw new InvalidArgumentError('It is 1 to 86400 seconds.');
  return value;
}

function ownVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
