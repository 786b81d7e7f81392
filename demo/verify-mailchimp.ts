import type { MailchimpState, MemberState } from '../simulators/mailchimp/start.ts';
import { differencesOf, type Content, type Difference } from './difference.ts';
import { inSnapshot } from './in-snapshot.ts';
import { readByAddress, topicsWanted, verdict, type MarketedPerson } from './marketing-persons.ts';
import { plainEmail, plainText } from './plain-text.ts';
import type { Verification } from './simulated-target.ts';

/**
 * Checks that MailChimp has a member with equal fields, topics and tags for each address that wants mail according to
 * EMS, no member of unknown persons, and no subscribed member who has refused. Uses no code of the engine.
 *
 * @param state the simulator's content.
 */
export async function verifyMailchimp(databaseUrl: string, state: MailchimpState): Promise<Verification> {
  const groups = await inSnapshot(databaseUrl, (client) => readByAddress(client, 'MAILCHIMP'));
  const members = new Map(
    Object.values(state.members)
      .filter(({ status }) => status !== 'archived')
      .map((member) => [plainEmail(member.email), member]),
  );
  const wanted = new Map<string, Content>();
  const held = new Map<string, Content>();
  const consent: Difference[] = [];
  for (const group of groups) {
    const member = members.get(group[0].email);
    const owner =
      group.find(({ id }) => id === textOf(member, 'EMSID')) ??
      group.find((person) => verdict(person, 'EMAIL') === 'in');
    if (owner === undefined || owner.state === 'PARKED') continue;
    // The person has refused. The other fields stay as they were.
    if (owner.state === 'SUPPRESSED') {
      if (member?.status === 'subscribed') consent.push(differs(owner, 'status'));
      continue;
    }
    wanted.set(owner.id, contentOf(owner));
    if (member !== undefined) held.set(owner.id, heldContent(member));
    const reached = member !== undefined && ['subscribed', 'pending'].includes(member.status);
    if (reached !== (verdict(owner, 'EMAIL') === 'in') && verdict(owner, 'EMAIL') !== null)
      consent.push(differs(owner, 'status'));
  }
  return {
    compared: wanted.size,
    differences: [...differencesOf('members', wanted, held), ...strangers(groups.flat(), members), ...consent],
  };
}

const differs = ({ id }: MarketedPerson, field: string): Difference => ({
  type: 'consent',
  id,
  what: 'different',
  fields: [field],
});

/**
 * Members with an EMS id whose address no person in EMS has. A member whose address has bounced cannot be archived (405),
 * and is never mailed.
 */
function strangers(people: readonly MarketedPerson[], members: ReadonlyMap<string | null, MemberState>): Difference[] {
  const known = new Set(people.map(({ email }) => email));
  const suppressed = new Set<string | null>(people.flatMap(({ id, state }) => (state === 'SUPPRESSED' ? [id] : [])));
  return [...members].flatMap(([email, member]): Difference[] => {
    const id = textOf(member, 'EMSID');
    // Who has refused stays under the address that it was said at, whatever EMS has now.
    const isLeft = member.status === 'unsubscribed' && suppressed.has(id);
    return id === null || isLeft || member.status === 'cleaned' || (email !== null && known.has(email))
      ? []
      : [{ type: 'members', id, what: 'surplus', fields: [] }];
  });
}

function contentOf(person: MarketedPerson): Content {
  return {
    first: plainText(person.first),
    last: plainText(person.last),
    born: person.born,
    tags: ['ems', ...person.events.map(({ id }) => `event:${id}`)].toSorted().join(),
    topics: topicsWanted(person).join(),
  };
}

function heldContent(member: MemberState): Content {
  return {
    first: plainText(textOf(member, 'FNAME')),
    last: plainText(textOf(member, 'LNAME')),
    born: textOf(member, 'BDATE'),
    tags: member.tags
      .filter((name) => name === 'ems' || name.startsWith('event:'))
      .toSorted()
      .join(),
    topics: member.interests.toSorted().join(),
  };
}

function textOf(member: MemberState | undefined, tag: string): string | null {
  const value = member?.mergeFields[tag];
  return typeof value === 'string' && value !== '' ? value : null;
}
