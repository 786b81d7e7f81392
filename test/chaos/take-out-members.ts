import { z } from 'zod';
import { recordedPersons } from './sync-tables.ts';
import type { World } from './world.ts';

const state = z.looseObject({
  members: z.record(z.string(), z.looseObject({ status: z.string(), mergeFields: z.record(z.string(), z.unknown()) })),
});

/**
 * Archives members at MailChimp, as a human does: `compare` still tells them as extra after a repair, because EMS has another
 * address of that person, or none.
 *
 * @param extra `person/12`
 */
export async function takeOutMembers(
  { databaseUrl, environment, targets }: World,
  extra: ReadonlySet<string>,
): Promise<void> {
  const { MAILCHIMP_URL: url = '', MAILCHIMP_LIST_ID: list = '', MAILCHIMP_API_KEY: key = '' } = environment;
  const recorded = await recordedPersons(databaseUrl, 'MAILCHIMP');
  const answer = await fetch(targets.get('MAILCHIMP')?.stateUrl ?? '');
  for (const [hash, { mergeFields }] of Object.entries(state.parse(await answer.json()).members)) {
    if (recorded.has(hash) || !extra.has(`person/${String(mergeFields['EMSID'])}`)) continue;
    await fetch(`${url}/3.0/lists/${list}/members/${hash}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${key}` },
    });
  }
}
