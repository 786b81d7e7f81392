import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { line } from './line.ts';
import { isLinked } from './linked.ts';
import { minute, minuteToInstant } from './minutes.ts';
import { textOf } from './texts.ts';

/** An EMS event is a RunSignup race in one of its editions; an operator links the two. */
export const eventMapping = defineTwoWayMapping({
  type: 'Event',
  filter: isLinked('e.id', 'Event'),
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
    endsOn: {
      owner: 'both',
      map: (row) => minute(['ends_on', row.endsOn]),
      apply: (endsOn, row) => ({ endsOn: minuteToInstant(endsOn, row?.endsOn) }),
    },
    website: {
      owner: 'both',
      map: (row) => line(['website', row.website]),
      apply: (website) => ({ website: textOf(website) }),
    },
  },
  refuseCreate: () => 'takes part once an event of EMS is linked to it (ems-sync link RUNSIGNUP Event ID REMOTE_ID)',
});
