import type { ClientBase } from 'pg';
import { humanAgent } from '../simulators/chatwoot/records.ts';
import type { ChatwootState } from '../simulators/chatwoot/start.ts';
import { conversationDifferences, keyOf, readConversations } from './chatwoot-conversations.ts';
import { messageDifferences, type EmsMessage } from './chatwoot-messages.ts';
import { contactContent, readHouseholds, type Household } from './chatwoot-persons.ts';
import { differencesOf, type Content, type Difference } from './difference.ts';
import { inSnapshot } from './in-snapshot.ts';
import { plainText } from './plain-text.ts';
import type { Verification } from './simulated-target.ts';

/**
 * Checks that EMS and ChatWoot have the same persons, conversations and messages, each once, and that nothing that EMS wrote
 * was sent to a customer. Uses no code of the engine.
 *
 * @param state the simulator's content.
 */
export async function verifyChatwoot(databaseUrl: string, state: ChatwootState): Promise<Verification> {
  const { households, conversations, messages } = await inSnapshot(databaseUrl, async (client) => ({
    households: await readHouseholds(client),
    conversations: await readConversations(client),
    messages: await readMessages(client),
  }));
  const contactOf = contactsByPerson(households, state);
  const reachable = conversations.filter(({ person }) => contactOf.has(person));
  return {
    compared: households.length + reachable.length + messages.length,
    differences: [
      ...contactDifferences(households, contactOf, state),
      ...conversationDifferences(reachable, (person) => contactOf.get(person)?.id ?? null, state),
      ...messagesOf(state, messages),
      ...leftForPersons(state),
    ],
  };
}

type Contact = ChatwootState['contacts'][string];

/** The owner of each person's contact: the person, or someone in the household. Null if there is none. */
function contactsByPerson(households: readonly Household[], state: ChatwootState): Map<string, Contact | null> {
  const byId = new Map(inUse(state).map((contact) => [personIn(contact), contact]));
  return new Map(
    households.flatMap((household) => {
      const owner = household.find(({ id }) => byId.has(id));
      const contact = owner === undefined ? null : (byId.get(owner.id) ?? null);
      return household.map(({ id }) => [id, contact] as const);
    }),
  );
}

function contactDifferences(
  households: readonly Household[],
  contactOf: ReadonlyMap<string, Contact | null>,
  state: ChatwootState,
): Difference[] {
  const everybody = households.flat();
  const wanted = households.flatMap((household) => {
    const [first] = household;
    const owner = household.find(({ id }) => personIn(contactOf.get(id)) === id) ?? first;
    return owner === undefined ? [] : [[owner.id, contactContent(owner, everybody)] as const];
  });
  const held = inUse(state).map(
    (contact) => [personIn(contact) ?? `contact ${contact.id}`, contentOf(contact)] as const,
  );
  return differencesOf('contacts', new Map(wanted), new Map(held));
}

/** The EMS id that agents see. */
function personIn(contact: Contact | null | undefined): string | null {
  const id = contact?.custom_attributes['ems_person_id'];
  return typeof id === 'string' ? id : null;
}

/** Contacts of persons that EMS no longer has are marked and kept. */
const inUse = ({ contacts }: ChatwootState) =>
  Object.values(contacts).filter(({ custom_attributes: attributes }) => attributes['ems_removed'] !== true);

function contentOf({ name, email, phone_number, custom_attributes }: Contact): Content {
  const attribute = (key: string) => {
    const value = custom_attributes[key];
    return typeof value === 'string' ? value : null;
  };
  return {
    name: plainText(name),
    email,
    phone_number,
    ems_events: attribute('ems_events'),
    ems_language: attribute('ems_language'),
    ems_club: attribute('ems_club'),
  };
}

function messagesOf({ conversations }: ChatwootState, ems: readonly EmsMessage[]): Difference[] {
  const byConversation = Map.groupBy(ems, ({ conversation }) => conversation);
  return Object.values(conversations).flatMap((conversation) => {
    const key = keyOf(conversation);
    return messageDifferences(key, byConversation.get(key) ?? [], conversation.messages);
  });
}

/** Only agents write to customers. EMS writes private notes. */
function leftForPersons({ conversations, sentToCustomers }: ChatwootState): Difference[] {
  const sent = new Set(sentToCustomers);
  return Object.values(conversations)
    .flatMap(({ messages }) => messages)
    .filter(({ id, sender }) => sent.has(id) && !(sender?.type === 'User' && sender.id === humanAgent.id))
    .map(({ id }) => ({ type: 'messages sent to customers', id: String(id), what: 'surplus', fields: [] }));
}

async function readMessages(client: ClientBase): Promise<EmsMessage[]> {
  const { rows } = await client.query<EmsMessage>(
    `SELECT id::text, conversation_id::text AS conversation, author, agent_name AS agent, body, private,
       floor(extract(epoch FROM sent_on))::double precision AS sent
     FROM conversation_message`,
  );
  return rows;
}
