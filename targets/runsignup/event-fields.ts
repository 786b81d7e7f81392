import { rowsOf, type Fields } from '../field-declaration.ts';
import { LINE } from './line.ts';
import { MINUTE } from './minutes.ts';

/**
 * Where a race of RunSignup keeps a field of an EMS event: `race`, by the names that it is told and taken by; `edition`, which is
 * the span of the edition's events, and taken by none.
 */
export type RacePlace =
  | { readonly in: 'race'; readonly told: readonly string[]; readonly taken: string }
  | { readonly in: 'edition'; readonly end: 'first' | 'last' };

/** Events as RunSignup knows them: races. */
export const events = rowsOf('Event');

/** The fields of a race: a further text is one more line, read, compared and sent by it. */
export const eventFields: Fields<'Event', typeof events.sources, RacePlace> = {
  name: events.both({ in: 'race', told: ['name'], taken: 'name' }, events.editable('name', LINE)),
  startsOn: events.both({ in: 'edition', end: 'first' }, events.editable('startsOn', MINUTE)),
  endsOn: events.both({ in: 'edition', end: 'last' }, events.editable('endsOn', MINUTE)),
  // The race's own site, else its page at RunSignup.
  website: events.both(
    { in: 'race', told: ['external_race_url', 'url'], taken: 'external_race_url' },
    events.editable('website', LINE),
  ),
};
