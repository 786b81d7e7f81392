import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { eventFields, events } from './event-fields.ts';
import { eventIsLinked } from './linked.ts';

/** An EMS event is a RunSignup race in one of its editions; an operator links the two. */
export const eventMapping = defineTwoWayMapping({
  type: 'Event',
  filter: [eventIsLinked('e.id')],
  sources: events.sources,
  affectedBy: [],
  fields: eventFields,
  refuseCreate: () => 'takes part once an event of EMS is linked to it (ems-sync link RUNSIGNUP Event ID REMOTE_ID)',
});
