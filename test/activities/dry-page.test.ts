import { expect, test } from '@jest/globals';
import { DatabaseError } from 'pg';
import { processContext, typeContext } from '../../activities/context.ts';
import { dryPage } from '../../activities/dry-run/dry-page.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { tagServer } from '../../targets/tagserver/process.ts';
import { lockedDatabase } from '../database/locked-database.ts';
import { dependenciesWith } from './dependencies-with.ts';

test('a row that breaks a statement fails alone, and the plan does not repeat what PostgreSQL says of it', async () => {
  const database = await lockedDatabase();
  try {
    const [good, bad] = [await database.ems.organisation(), await database.ems.organisation({ name: 'Ana Silva' })];
    // Only organisers of events belong there.
    for (const organiser of [good, bad])
      await database.ems.race(await database.ems.event({ organisation_id: organiser }));
    const mappings = tagServer.process.mappings.map((mapping) => ({
      ...mapping,
      map: (...[row, sources]: Parameters<typeof mapping.map>) => {
        if ('name' in row && row.name === 'Ana Silva')
          throw Object.assign(new DatabaseError('invalid input: Ana Silva', 1, 'error'), { code: '22P02' });
        return mapping.map(row, sources);
      },
    }));
    const remote = {} as RemoteSystem;
    const dependencies = dependenciesWith({
      orm: database.orm,
      processes: new Map([['TAGSERVER', { process: { ...tagServer.process, mappings }, remote }]]),
      locks: database.locks,
    });
    const context = typeContext(processContext(dependencies, { process: 'TAGSERVER' }), 'Organisation');
    const plan = await dryPage(context, [good, bad]);
    expect(plan.map(({ id, action }) => [id, action])).toEqual([
      [good, 'create'],
      [bad, 'fail'],
    ]);
    expect(JSON.stringify(plan.at(-1))).not.toContain('Silva');
  } finally {
    await database.close();
  }
});
