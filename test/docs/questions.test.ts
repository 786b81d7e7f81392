import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';

const read = (file: string) => readFileSync(join(projectFolder, file), 'utf8');

/** What answers each question of operations staff, and where a test runs it, and checks the answer. */
const SHOWN: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'npx ems-sync why Person 12': ['test/clients/cli.test.ts', "ems('why', 'person', id)"],
  'npx ems-sync plan MAUTIC': ['test/clients/cli-plan.test.ts', "runCli(['plan', 'TAGSERVER'], settings)"],
  'npx ems-sync status': ['test/flows/brake.test.ts', "cli('status')).said).toContain('None is removed')"],
  'npx ems-sync status --process TAGSERVER': ['test/flows/target-down.test.ts', "['status', '--process', 'TAGSERVER']"],
  'npx ems-sync failing --group code': ['test/flows/target-down.test.ts', "['failing', '--group', 'code']"],
  'npx ems-sync pause MAILCHIMP': ['test/flows/gateway.test.ts', "cli('pause', 'chatwoot')"],
  'npx ems-sync resume MAILCHIMP': ['test/flows/gateway.test.ts', "cli('resume', 'CHATWOOT')"],
  'npx ems-sync resend TAGSERVER Event 12 --with-children': [
    'test/flows/brake.test.ts',
    "cli('resend', 'TAGSERVER', 'Event', eventId, '--with-children'",
  ],
  'npx ems-sync compare TAGSERVER --repair': ['test/flows/brake.test.ts', "cli('compare', 'TAGSERVER', '--repair')"],
  ALERT_WEBHOOK_URL: ['test/flows/alarm.test.ts', 'rings for an outage of an hour, and ends'],
};

test('each question at the head of docs/operating.md has its command, which a test runs', () => {
  const [, table = ''] =
    /^\| question \| do \|\n\| --- \| --- \|\n((?:\|.*\n)+)/m.exec(read('docs/operating.md')) ?? [];
  const rows = table.trimEnd().split('\n');
  expect(rows).toHaveLength(9);
  const commands = rows.flatMap((row) =>
    [...row.matchAll(/`(npx ems-sync [^`]+|ALERT_WEBHOOK_URL)`/g)].map(([, one]) => one),
  );
  expect(new Set(commands)).toEqual(new Set(Object.keys(SHOWN)));
  for (const [file, text] of Object.values(SHOWN)) expect(read(file)).toContain(text);
});
