import { z } from 'zod';
import type { World } from './world.ts';

const attributes = z.record(z.string(), z.unknown());
const state = z.looseObject({
  contacts: z.record(z.string(), z.looseObject({ id: z.number(), custom_attributes: attributes })),
  conversations: z.record(z.string(), z.looseObject({ id: z.number(), custom_attributes: attributes })),
});

/**
 * Takes EMS's ids off the contacts and conversations at ChatWoot that EMS has lost, as a human does: the next poll reads them
 * in as new ones.
 *
 * @param gone `conversation/12`, `person/47`
 * @returns how many.
 */
export async function readInAgain({ environment, targets }: World, gone: ReadonlySet<string>): Promise<number> {
  const { CHATWOOT_URL: url = '', CHATWOOT_ACCOUNT_ID: account = '', CHATWOOT_TOKEN: token = '' } = environment;
  const answer = await fetch(targets.get('CHATWOOT')?.stateUrl ?? '');
  const { contacts, conversations } = state.parse(await answer.json());
  const write = async (method: 'POST' | 'PUT', path: string, body: unknown) => {
    const done = await fetch(`${url}/api/v1/accounts/${account}/${path}`, {
      method,
      headers: { 'content-type': 'application/json', api_access_token: token },
      body: JSON.stringify(body),
    });
    if (!done.ok) throw new Error(`ChatWoot answered ${method} ${path} with ${done.status}`);
  };
  let freed = 0;
  for (const { id, custom_attributes: ours } of Object.values(contacts)) {
    if (!gone.has(`person/${String(ours['ems_person_id'])}`)) continue;
    await write('PUT', `contacts/${id}`, { identifier: null, custom_attributes: { ems_person_id: null } });
    freed += 1;
  }
  for (const { id, custom_attributes: ours } of Object.values(conversations)) {
    const { ems_conversation_id: key, ...others } = ours;
    if (!gone.has(`conversation/${String(key)}`)) continue;
    await write('POST', `conversations/${id}/custom_attributes`, { custom_attributes: others });
    freed += 1;
  }
  return freed;
}
