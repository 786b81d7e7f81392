import type { ContactState, MauticState } from '../simulators/mautic/start.ts';
import { differencesOf, type Content, type Difference } from './difference.ts';
import { inSnapshot } from './in-snapshot.ts';
import {
  readByAddress,
  topicsWanted,
  unmarked,
  verdict,
  type AddressSharers,
  type MarketedPerson,
} from './marketing-persons.ts';
import { plainEmail, plainText } from './plain-text.ts';
import type { Verification } from './simulated-target.ts';

/**
 * Checks that Mautic has exactly one contact for each address in EMS, with equal fields and topics, and sends no mail to
 * persons who have opted out in EMS. Uses no code of the engine.
 *
 * @param state the simulator's content.
 */
export async function verifyMautic(databaseUrl: string, state: MauticState): Promise<Verification> {
  const groups = await inSnapshot(databaseUrl, (client) => readByAddress(client, 'MAUTIC'));
  const byId = new Map(Object.values(state.contacts).map((contact) => [textOf(contact, 'ems_person_id'), contact]));
  const owned = groups.flatMap((group) => ownerOf(group, byId));
  const wanted = new Map(owned.map((owner) => [owner.id, contentOf(owner)]));
  const held = new Map(
    [...byId].flatMap(([id, contact]) => (id === null ? [] : [[id, heldContent(contact)] as const])),
  );
  // A parked person may have a contact from before.
  for (const { id, state: stands } of groups.flat()) if (stands === 'PARKED') held.delete(id);
  return {
    compared: wanted.size,
    differences: [
      ...differencesOf('contacts', wanted, held),
      ...owned.flatMap((owner) => consentDifferences(owner, byId.get(owner.id))),
    ],
  };
}

/** The person of a shared address who has the contact. None if all of them are parked. */
function ownerOf(group: AddressSharers, byId: ReadonlyMap<string | null, ContactState>): MarketedPerson[] {
  const owner = group.find(({ id }) => byId.has(id)) ?? group[0];
  return owner.state === 'PARKED' ? [] : [owner];
}

function contentOf(person: MarketedPerson): Content {
  const events = person.events.flatMap(({ name }) => unmarked(name)?.replaceAll('|', ' ') ?? []);
  return {
    firstname: unmarked(person.first),
    lastname: unmarked(person.last),
    email: person.email,
    city: unmarked(person.city),
    born: person.born,
    events: [...new Set(events.flatMap((name) => plainText(name) ?? []))].toSorted().join('|') || null,
  };
}

function heldContent(contact: ContactState): Content {
  return {
    firstname: plainText(textOf(contact, 'firstname')),
    lastname: plainText(textOf(contact, 'lastname')),
    email: plainEmail(textOf(contact, 'email')),
    city: plainText(textOf(contact, 'city')),
    born: textOf(contact, 'ems_birth_date'),
    events: plainText(textOf(contact, 'ems_events')),
  };
}

function textOf({ fields }: ContactState, alias: string): string | null {
  const value = fields[alias];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function consentDifferences(person: MarketedPerson, contact: ContactState | undefined): Difference[] {
  if (contact === undefined) return [];
  const refused = (channel: string) => contact.doNotContact.find((record) => record.channel === channel);
  // If EMS says nothing any more, its earlier opt-out stays.
  const wrong = (['email', 'sms'] as const).filter((channel) => {
    const record = refused(channel);
    const said = verdict(person, channel.toUpperCase());
    return said === 'out' ? record === undefined : said === 'in' && record?.comments === 'EMS';
  });
  const topics = contact.segments.filter((alias) => alias.startsWith('ems-')).toSorted();
  const mayGo = refused('email') === undefined;
  const expected = mayGo ? topicsWanted(person).map((topic) => `ems-${topic.toLowerCase()}`) : topics;
  const fields = [
    ...wrong.map((channel) => `do-not-contact ${channel}`),
    ...(topics.join() === expected.join() ? [] : ['segments']),
  ];
  return fields.length === 0 ? [] : [{ type: 'consent', id: person.id, what: 'different', fields }];
}
