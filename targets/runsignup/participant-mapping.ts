import type { Tag } from '../../database/entities/index.ts';
import { pattern, Unmappable } from '../../sync/fields.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { canonicalBib } from './bibs.ts';
import { line } from './line.ts';
import { isLinked } from './linked.ts';
import { minute, minuteToInstant } from './minutes.ts';
import { textOf } from './texts.ts';

/** A RunSignup registration: arrives there, gets its bib and chip here. */
export const participantMapping = defineTwoWayMapping({
  type: 'EventParticipant',
  filter: `${isLinked('e.id', 'EventParticipant')} AND ${isLinked('e.event_id', 'Event')}`,
  sources: { tags: { type: 'Tag', where: `s.event_participant_id = e.id AND s.kind = 'BIB'` } },
  referencedTypes: ['Event', 'Race', 'Person'],
  references: (row) => [
    ['Event', row.eventId],
    ['Race', row.raceId],
    ['Person', row.personId],
  ],
  fields: {
    bib: {
      owner: 'both',
      map: (row) => {
        const bib = line(['bib', row.bib]);
        const number = bib === null ? null : canonicalBib(bib);
        if (number === undefined) throw new Unmappable('bib', 'is no whole number, and RunSignup takes no other bibs');
        return number;
      },
      apply: (bib) => ({ bib: textOf(bib) }),
    },
    chip: {
      owner: 'ems',
      map: (_, { tags }) => pattern(['tag.code', newest(tags)?.code], /^[\w-]{1,64}$/, 'a chip number'),
    },
    registrationNo: {
      owner: 'remote',
      map: (row) => line(['registration_no', row.registrationNo]),
      apply: (registrationNo) => ({ registrationNo: textOf(registrationNo) }),
    },
    category: {
      owner: 'both',
      map: (row) => line(['category', row.category]),
      apply: (category) => ({ category: textOf(category) }),
    },
    teamName: {
      owner: 'both',
      map: (row) => line(['team_name', row.teamName]),
      apply: (teamName) => ({ teamName: textOf(teamName) }),
    },
    registeredOn: {
      owner: 'remote',
      map: (row) => minute(['registered_on', row.registeredOn]),
      apply: (registeredOn, row) => ({ registeredOn: minuteToInstant(registeredOn, row?.registeredOn) }),
    },
    status: {
      owner: 'remote',
      // Staff withdraw a participant in EMS, and RunSignup does not hear of it.
      whenChanged: true,
      map: (row) => (row.status === 'WITHDRAWN' ? 'removed' : 'active'),
      apply: (status, row) => {
        if (status === 'removed') return { status: 'WITHDRAWN' };
        // Of an active one EMS knows more: confirmed, finished.
        return row === null || row.status === 'WITHDRAWN' ? { status: 'REGISTERED' } : {};
      },
    },
  },
  match: (content) => [{ registrationNo: textOf(content['registrationNo']) }],
  refuseCreate: () => null,
});

/** The last one that was handed out; of two at the same time, or without one, the one with the higher id. */
function newest(tags: readonly Tag[]): Tag | undefined {
  return tags.toSorted(
    (left, right) => compareBigints(timeOf(right), timeOf(left)) || compareBigints(BigInt(right.id), BigInt(left.id)),
  )[0];
}

const timeOf = ({ assignedOn }: Tag): bigint => assignedOn?.epochNanoseconds ?? -(2n ** 80n);

const compareBigints = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);
