import { z } from 'zod';
import { recordedPersons } from './sync-tables.ts';
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
  const recorded = await recordedPersons(databaseUrl, 'MAUTIC');
  const answer = await fetch(targets.get('MAUTIC')?.stateUrl ?? '');
  for (const [id, { fields }] of Object.entries(state.parse(await answer.json()).contacts)) {
    if (recorded.has(id) || !extra.has(`person/${String(fields['ems_person_id'])}`)) continue;
    await fetch(`${url}/api/contacts/${id}/delete`, {
      method: 'DELETE',
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    });
  }
}
