import { integer } from '../../sync/fields.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { line } from './line.ts';
import { isLinked } from './linked.ts';
import { minute, minuteToInstant } from './minutes.ts';
import { textOf } from './texts.ts';

/** An EMS race is an event of a RunSignup race. */
export const raceMapping = defineTwoWayMapping({
  type: 'Race',
  filter: isLinked('e.event_id', 'Event'),
  sources: { startGroups: { type: 'StartGroup', where: 's.race_id = e.id' } },
  referencedTypes: ['Event'],
  references: (row) => [['Event', row.eventId]],
  fields: {
    name: {
      owner: 'both',
      map: (row) => line(['name', row.name]),
      apply: (name) => ({ name: textOf(name) }),
    },
    startsOn: {
      owner: 'both',
      map: (row) => minute(['starts_on', row.startsOn]),
      apply: (startsOn, row) => ({ startsOn: minuteToInstant(startsOn, row?.startsOn) }),
    },
    distanceM: {
      owner: 'both',
      map: (row) => integer(['distance_m', row.distanceM], 1),
      apply: (metres) => ({ distanceM: typeof metres === 'number' ? metres : null }),
    },
    corrals: {
      owner: 'ems',
      map: (_, { startGroups }) =>
        startGroups
          .toSorted(
            (left, right) => (left.sequence ?? 0) - (right.sequence ?? 0) || Number(BigInt(left.id) - BigInt(right.id)),
          )
          .map((group) => ({
            name: line(['start_group.name', group.name]),
            startsOn: minute(['start_group.starts_on', group.startsOn]),
          })),
    },
  },
  match: (content) => [{ name: textOf(content['name']) }],
  refuseCreate: () => null,
});
