import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { SYNC_OUTCOMES } from '../../sync/sync-outcome.ts';
import { SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';
import { INSTALLATION_SCHEDULE } from '../../clients/installation-schedule.ts';
import { SYNC_TASK_QUEUE } from '../../sync/workflow-ids.ts';

const sourceOf = (name: string): string =>
  readFileSync(new URL(`../../clients/java/src/main/java/emssync/client/${name}.java`, import.meta.url), 'utf8');

/** The constants of a Java enum, as `NAME` or `NAME("Label")`. */
function constantsOf(name: string): string[] {
  const code = sourceOf(name).replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
  const [, constants = ''] = /\benum \w+ \{([^;]*);/.exec(code) ?? [];
  return constants.split(',').map((constant) => constant.trim());
}

test('the Java library knows the sync processes', () => {
  expect(constantsOf('SyncProcess')).toEqual(SYNC_PROCESS_NAMES);
});

test('the Java library knows the entity types', () => {
  const names = constantsOf('EntityType').map((constant) => /^[A-Z_]+\("(\w+)"\)$/.exec(constant)?.[1]);
  expect(names).toEqual(ENTITY_TYPES);
});

test('the Java library knows the outcomes, and one for those of later releases', () => {
  expect(constantsOf('SyncOutcome')).toEqual([...SYNC_OUTCOMES, 'UNKNOWN']);
});

test('the Java library looks up our task queue where an installation claims the namespace', () => {
  expect(sourceOf('InstallationQueue')).toContain(`String CLAIM = "${INSTALLATION_SCHEDULE}"`);
  expect(sourceOf('InstallationQueue')).toContain(`String WITHOUT_CLAIM = "${SYNC_TASK_QUEUE}"`);
});
