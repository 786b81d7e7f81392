import { rowsOf, type Fields } from '../field-declaration.ts';
import { LINE } from './line.ts';
import { MINUTE } from './minutes.ts';

/**
 * Where a RunSignup race stores a field of an EMS event. `race`: `told` are the names in answers, `taken` the name in
 * edits. `edition`: derived from the edition's events, and never written.
 */
export type RacePlace =
  | { readonly in: 'race'; readonly told: readonly string[]; readonly taken: string }
  | { readonly in: 'edition'; readonly end: 'first' | 'last' };

/** Events as RunSignup knows them: races. */
export const events = rowsOf('Event');

/** The fields of a race. A new text needs only one more line: it is then read, compared and sent. */
export const eventFields: Fields<'Event', typeof events.sources, RacePlace> = {
  name: events.both({ in: 'race', told: ['name'], taken: 'name' }, events.editable('name', LINE)),
  startsOn: events.both({ in: 'edition', end: 'first' }, events.editable('startsOn', MINUTE)),
  endsOn: events.both({ in: 'edition', end: 'last' }, events.editable('endsOn', MINUTE)),
  // The race's own site, otherwise its page at RunSignup.
  website: events.both(
    { in: 'race', told: ['external_race_url', 'url'], taken: 'external_race_url' },
    events.editable('website', LINE),
  ),
};
