import { fieldsAt, rowsOf, type Fields } from '../field-declaration.ts';
import { integerFrom } from '../field-kinds.ts';
import type { EventForm } from './event-forms.ts';
import { LINE, line } from './line.ts';
import { MINUTE, minute } from './minutes.ts';

/** Where an event of RunSignup stores a field, and in which form; corrals have separate calls. */
export type EventPlace = PlaceInEvent | { readonly in: 'corrals' };

export interface PlaceInEvent {
  readonly in: 'event';
  readonly name: string;
  readonly form: EventForm;
}

/** Races as RunSignup knows them: events. */
export const races = rowsOf('Race', { startGroups: { type: 'StartGroup', where: 's.race_id = e.id' } });

const event = (name: string, form: EventForm): EventPlace => ({ in: 'event', name, form });

const corrals = races.computed({
  columns: ['start_group.name', 'start_group.starts_on'],
  kind: 'start groups in order',
  map: (_row, { startGroups }) =>
    startGroups
      .toSorted(
        (left, right) => (left.sequence ?? 0) - (right.sequence ?? 0) || Number(BigInt(left.id) - BigInt(right.id)),
      )
      .map((group) => ({
        name: line(['start_group.name', group.name]),
        startsOn: minute(['start_group.starts_on', group.startsOn]),
      })),
});

/** The fields of an event. A new one needs only one more line: it is then read, compared and sent. */
export const raceFields: Fields<'Race', typeof races.sources, EventPlace> = {
  name: races.both(event('name', 'line'), races.editable('name', LINE)),
  startsOn: races.both(event('start_time', 'wall'), races.editable('startsOn', MINUTE)),
  distanceM: races.both(event('distance', 'distance'), races.editable('distanceM', integerFrom(1))),
  corrals: races.ems({ in: 'corrals' }, corrals),
};

/** The fields stored in the event itself, by our names. */
export const eventPlaces = fieldsAt(raceFields, (at): at is PlaceInEvent => at.in === 'event');
