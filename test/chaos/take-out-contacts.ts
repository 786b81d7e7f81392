import { z } from 'zod';
import { inSnapshot } from '../../demo/in-snapshot.ts';
import type { World } from './world.ts';

const state = z.looseObject({
  contacts: z.record(z.string(), z.looseObject({ fields: z.record(z.string(), z.unknown()) })),
});

/**
 * Deletes contacts at Mautic, as a human does: `compare` still tells them as extra after a repair, because the person has
 * left EMS, or shares the contact of another one by now.
 *
 * @param extra `person/12`
 */
export async function takeOutContacts(
  { databaseUrl, environment, targets }: World,
  extra: ReadonlySet<string>,
): Promise<void> {
  const { MAUTIC_URL: url = '', MAUTIC_USERNAME: user = '', MAUTIC_PASSWORD: password = '' } = environment;
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ id: string }>(
      `SELECT remote_id AS id FROM sync_person WHERE sync_process = 'MAUTIC' AND remote_id IS NOT NULL`,
    ),
  );
  const recorded = new Set(rows.map(({ id }) => id));
  const answer = await fetch(targets.get('MAUTIC')?.stateUrl ?? '');
  for (const [id, { fields }] of Object.entries(state.parse(await answer.json()).contacts)) {
    if (recorded.has(id) || !extra.has(`person/${String(fields['ems_person_id'])}`)) continue;
    await fetch(`${url}/api/contacts/${id}/delete`, {
      method: 'DELETE',
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    });
  }
}
