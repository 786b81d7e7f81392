import { textIn } from '../field-kinds.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { cameFromRunSignup, eventIsLinked } from './linked.ts';
import { participantFields, participants } from './participant-fields.ts';

/** A RunSignup registration: created there, gets its bib and chip from EMS. */
export const participantMapping = defineTwoWayMapping({
  type: 'EventParticipant',
  rules: 2,
  filter: [cameFromRunSignup('EventParticipant'), eventIsLinked('e.event_id')],
  sources: participants.sources,
  affectedBy: [
    { type: 'Event', records: true, keys: 'SELECT ep.id FROM event_participant ep WHERE ep.event_id = s.entity_key' },
    { type: 'Tag', keys: 'SELECT s.event_participant_id' },
  ],
  referencedTypes: ['Event', 'Race', 'Person'],
  references: (row) => [
    ['Event', row.eventId],
    ['Race', row.raceId],
    ['Person', row.personId],
  ],
  fields: participantFields,
  match: ({ registrationNo }) => [{ registrationNo: textIn(registrationNo) }],
  refuseCreate: () => null,
});
