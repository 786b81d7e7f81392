import { inventPhone } from '../simulators/ems/contact-details.ts';
import { chance, pick, type Rng } from '../simulators/ems/rng.ts';
import type { ChatwootControl, ChatwootState } from '../simulators/chatwoot/start.ts';
import { changeEms } from './change-ems.ts';
import { createNewPeople, type NewPerson } from './new-people.ts';
import type { Happenings } from './simulated-target.ts';

type Contact = ChatwootState['contacts'][string];
type Conversation = ChatwootState['conversations'][string];

const QUESTIONS = [
  'Is there parking near the start?\nWe come with two cars.',
  'Ainda posso mudar de prova?',
  'My tag does not beep.',
  'Wann öffnet die Startnummernausgabe?',
];
const ANSWERS = ['Yes: look at the map on our site.', 'Até sexta-feira, sim.', 'We have put that right.'];

/** What customers write and agents do at ChatWoot, and what EMS notes there. */
export function chatwootHappenings(control: ChatwootControl): Happenings {
  const strangers = new WeakMap<Rng, () => NewPerson>();
  const nextStranger = (rng: Rng): NewPerson => {
    const known = strangers.get(rng) ?? createNewPeople(rng, 2_000_000);
    strangers.set(rng, known);
    return known();
  };

  /** One that EMS has. */
  async function someContact(rng: Rng): Promise<Contact | null> {
    const { contacts } = await control.state();
    const known = Object.values(contacts).filter(
      ({ identifier, custom_attributes }) => identifier !== null && custom_attributes['ems_removed'] !== true,
    );
    return known.length === 0 ? null : pick(rng, known);
  }

  async function someConversation(rng: Rng): Promise<Conversation | null> {
    const conversations = Object.values((await control.state()).conversations);
    return conversations.length === 0 ? null : pick(rng, conversations);
  }

  return {
    async 'an agent corrects a name'({ rng }) {
      const contact = await someContact(rng);
      if (contact === null) return null;
      const { firstName, lastName } = nextStranger(rng);
      const set = { name: `${firstName} ${lastName}` };
      await control.backdoor({ do: 'edit-contact', contact: contact.id, set });
      return `contact ${contact.id}`;
    },

    async 'an agent corrects a phone number'({ rng }) {
      const contact = await someContact(rng);
      if (contact === null) return null;
      const set = { phone_number: inventPhone(rng, pick(rng, ['PT', 'DE', 'US', 'JP'])) };
      await control.backdoor({ do: 'edit-contact', contact: contact.id, set });
      return `contact ${contact.id}`;
    },

    async 'an agent adds a contact'({ rng }) {
      const { firstName, lastName, email = null } = nextStranger(rng);
      const set = { name: `${firstName} ${lastName}`, email, phone_number: inventPhone(rng, 'PT') };
      const { contact } = await control.backdoor({ do: 'create-contact', set });
      return `contact ${contact}`;
    },

    async 'a customer begins a conversation'({ rng }) {
      const contact = await someContact(rng);
      if (contact === null) return null;
      const inbox = contact.email === null ? pick(rng, [1, 3]) : pick(rng, [1, 2, 3]);
      const content = pick(rng, QUESTIONS);
      const { conversation } = await control.backdoor({ do: 'customer-writes', contact: contact.id, inbox, content });
      return `conversation ${conversation}`;
    },

    async 'a customer goes on'({ rng }) {
      const conversation = await someConversation(rng);
      if (conversation === null) return null;
      const content = pick(rng, QUESTIONS);
      await control.backdoor({ do: 'customer-writes', conversation: conversation.id, content });
      return `conversation ${conversation.id}`;
    },

    async 'an agent answers'({ rng }) {
      const conversation = await someConversation(rng);
      if (conversation === null) return null;
      const { id } = conversation;
      const content = pick(rng, ANSWERS);
      await control.backdoor({ do: 'agent-writes', conversation: id, content, private: chance(rng, 0.3) });
      return `conversation ${id}`;
    },

    async 'an agent sets a status'({ rng }) {
      const conversation = await someConversation(rng);
      if (conversation === null) return null;
      const others = (['open', 'resolved', 'pending'] as const).filter((status) => status !== conversation.status);
      await control.backdoor({ do: 'edit-conversation', conversation: conversation.id, status: pick(rng, others) });
      return `conversation ${conversation.id}`;
    },

    async 'EMS adds a note'({ databaseUrl, rng }) {
      return changeEms(databaseUrl, async (client) => {
        const { rows } = await client.query<{ id: string }>('SELECT id::text FROM conversation ORDER BY id');
        if (rows.length === 0) return null;
        const { id } = pick(rng, rows);
        await client.query(
          `INSERT INTO conversation_message (modified_on, conversation_id, author, body, private, sent_on)
           VALUES (clock_timestamp(), $1, 'EMS', 'The fee was paid.', true, clock_timestamp())`,
          [id],
        );
        await client.query('UPDATE conversation SET modified_on = clock_timestamp() WHERE id = $1', [id]);
        return `EMS conversation ${id}`;
      });
    },
  };
}
