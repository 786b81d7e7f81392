import { textIn } from '../field-kinds.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { eventIsLinked } from './linked.ts';
import { raceFields, races } from './race-fields.ts';

/** An EMS race is an event of a RunSignup race. */
export const raceMapping = defineTwoWayMapping({
  type: 'Race',
  filter: [eventIsLinked('e.event_id')],
  sources: races.sources,
  affectedBy: [
    { type: 'Event', records: true, keys: 'SELECT ra.id FROM race ra WHERE ra.event_id = s.entity_key' },
    { type: 'StartGroup', keys: 'SELECT s.race_id' },
  ],
  referencedTypes: ['Event'],
  references: (row) => [['Event', row.eventId]],
  fields: raceFields,
  match: ({ name }) => [{ name: textIn(name) }],
  refuseCreate: () => null,
});
