import type { Tag } from '../../database/entities/index.ts';
import { isWord } from '../text-conditions.ts';
import { canonicalText } from '../../sync/canonical-form.ts';
import { pattern, Unmappable } from '../../sync/fields.ts';
import { rowsOf, type Fields } from '../field-declaration.ts';
import { fieldKind, textIn, twoWayKind } from '../field-kinds.ts';
import { canonicalBib } from './bibs.ts';
import { LINE, line } from './line.ts';
import { MINUTE } from './minutes.ts';
import type { RegistrationForm } from './registration-forms.ts';

/** Where a registration stores a field, and in which form. */
export interface RegistrationPlace {
  readonly name: string;
  readonly form: RegistrationForm;
  /** RunSignup accepts it in an edit of the registration. */
  readonly sent: boolean;
}

/** Participants as RunSignup knows them: registrations. */
export const participants = rowsOf('EventParticipant', {
  tags: { type: 'Tag', where: `s.event_participant_id = e.id AND ${isWord('s.kind', ['BIB'])}` },
});

const told = (name: string, form: RegistrationForm): RegistrationPlace => ({ name, form, sent: false });
const taken = (name: string, form: RegistrationForm): RegistrationPlace => ({ name, form, sent: true });

const BIB = twoWayKind(
  fieldKind<string | null>('bib, a whole number', (source) => {
    const bib = line(source);
    const number = bib === null ? null : canonicalBib(bib);
    if (number === undefined) throw new Unmappable(source[0], 'is no whole number, and RunSignup takes no other bibs');
    return number;
  }),
  textIn,
);

const chip = participants.computed({
  columns: ['tag.code'],
  kind: 'code of the newest BIB tag',
  map: (_row, { tags }) => pattern(['tag.code', newest(tags)?.code], /^[\w-]{1,64}$/, 'a chip number'),
});

const status = participants.computed({
  columns: ['status'],
  kind: 'removed or active',
  map: (row) => (canonicalText(row.status) === 'WITHDRAWN' ? 'removed' : 'active'),
  apply: (value, row) => {
    if (value === 'removed') return { status: 'WITHDRAWN' };
    // For an active registration EMS knows more: confirmed, finished.
    return row === null || canonicalText(row.status) === 'WITHDRAWN' ? { status: 'REGISTERED' } : {};
  },
});

/**
 * The fields of a registration. A new one needs only one more line: it is then read, compared and, if RunSignup accepts
 * it, sent.
 */
export const participantFields: Fields<'EventParticipant', typeof participants.sources, RegistrationPlace> = {
  bib: participants.both(taken('bib_num', 'bib'), participants.editable('bib', BIB)),
  chip: participants.ems(taken('chip_num', 'chip'), chip),
  registrationNo: participants.remote(told('registration_id', 'line'), participants.editable('registrationNo', LINE)),
  category: participants.both(told('age_group', 'lineIfAny'), participants.editable('category', LINE)),
  teamName: participants.both(told('team_name', 'team'), participants.editable('teamName', LINE)),
  registeredOn: participants.remote(
    told('registration_date', 'eastern'),
    participants.editable('registeredOn', MINUTE),
  ),
  // Staff may withdraw a participant in EMS; RunSignup is not told.
  status: { ...participants.remote(told('status', 'active'), status), whenChanged: true },
};

/** The tag assigned last; ties, and tags without a time, are decided by the higher id. */
function newest(tags: readonly Tag[]): Tag | undefined {
  return tags.toSorted(
    (left, right) => compareBigints(timeOf(right), timeOf(left)) || compareBigints(BigInt(right.id), BigInt(left.id)),
  )[0];
}

const timeOf = ({ assignedOn }: Tag): bigint => assignedOn?.epochNanoseconds ?? -(2n ** 80n);

const compareBigints = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);
