import { z } from 'zod';
import type { World } from './world.ts';

const state = z.looseObject({
  conversations: z.record(
    z.string(),
    z.looseObject({ id: z.number(), custom_attributes: z.record(z.string(), z.unknown()) }),
  ),
});

/**
 * Takes the id of a conversation that EMS has lost off it at ChatWoot, as a human does: the next poll reads it in as a new one.
 *
 * @param gone `conversation/12`
 * @returns how many.
 */
export async function freeConversations({ environment, targets }: World, gone: ReadonlySet<string>): Promise<number> {
  const { CHATWOOT_URL: url = '', CHATWOOT_ACCOUNT_ID: account = '', CHATWOOT_TOKEN: token = '' } = environment;
  const answer = await fetch(targets.get('CHATWOOT')?.stateUrl ?? '');
  const lost = Object.values(state.parse(await answer.json()).conversations).filter(({ custom_attributes: ours }) =>
    gone.has(`conversation/${String(ours['ems_conversation_id'])}`),
  );
  for (const { id, custom_attributes: ours } of lost) {
    const { ems_conversation_id: _, ...others } = ours;
    const done = await fetch(`${url}/api/v1/accounts/${account}/conversations/${id}/custom_attributes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', api_access_token: token },
      body: JSON.stringify({ custom_attributes: others }),
    });
    if (!done.ok) throw new Error(`ChatWoot answered ${done.status}`);
  }
  return lost.length;
}
