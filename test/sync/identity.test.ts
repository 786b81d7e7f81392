import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { identifyingValues, identityGroups } from '../../database/entities/identity.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import { agreementBetween, agreementWith, fingerprintOf, isAnother } from '../../sync/identity.ts';

const key = randomBytes(32);

type Row = Readonly<Record<string, unknown>>;

/** Whether a row of the type with values `before` and `now` under the same id counts as another one. */
function isTaken(type: EntityType, before: Row, now: Row, { createdOn = [null, null] as (string | null)[] } = {}) {
  const [earlier = null, later = null] = createdOn;
  const fingerprint = fingerprintOf(identifyingValues(type, before, earlier), [key]);
  return isAnother(identityGroups(type), agreementWith(fingerprint, identifyingValues(type, now, later), [key]));
}

const ana = {
  firstName: 'Ana',
  lastName: 'Silva',
  email: 'ana@clube.example',
  phone: '+351912345670',
  dateOfBirth: Temporal.PlainDate.from('1984-05-01'),
};

describe('an EMS id that stands for another row', () => {
  test.each([
    ['firstName', 'Anna'],
    ['lastName', 'Costa'],
    ['email', 'costa@clube.example'],
    ['phone', '+351912345679'],
    ['dateOfBirth', Temporal.PlainDate.from('1985-05-01')],
  ])('is not told from an edit of %s alone, whatever else the row has', (column, value) => {
    for (const others of [[], ['email'], ['dateOfBirth'], ['email', 'phone']]) {
      const known = Object.fromEntries(
        Object.entries(ana).filter(([name]) => ['firstName', 'lastName', column, ...others].includes(name)),
      );
      expect([others, isTaken('Person', known, { ...known, [column]: value })]).toEqual([others, false]);
    }
  });

  test('is told when nothing that identifies the row agrees', () => {
    const other = { firstName: 'Other', lastName: 'Newcomer', email: 'newcomer@other.example' };
    expect(isTaken('Person', ana, other)).toBe(true);
    expect(isTaken('Person', { firstName: 'Ana', lastName: 'Silva' }, { firstName: 'Rui', lastName: 'Melo' })).toBe(
      true,
    );
    // An equal first name is not proof.
    expect(isTaken('Person', ana, { ...other, firstName: 'Ana' })).toBe(true);
  });

  test('is not told while one thing that identifies the row agrees, in whatever notation', () => {
    const other = { firstName: 'Other', lastName: 'Newcomer', email: 'newcomer@other.example', phone: '+49151' };
    expect(isTaken('Person', ana, { ...other, email: ' ANA@clube.example' })).toBe(false);
    expect(isTaken('Person', ana, { ...other, phone: '+351 912 345 670' })).toBe(false);
    expect(isTaken('Person', ana, { ...other, dateOfBirth: ana.dateOfBirth })).toBe(false);
    expect(isTaken('Person', ana, { ...other, firstName: 'ANA', lastName: 'silva' })).toBe(false);
  });

  test('is not told by values that one of the two does not have', () => {
    expect(isTaken('Person', ana, {})).toBe(false);
    expect(isTaken('Person', {}, ana)).toBe(false);
  });

  test('is not told where EMS says that it made the row at the same time', () => {
    const other = { firstName: 'Other', lastName: 'Newcomer', email: 'newcomer@other.example' };
    const made = '2026-11-29T08:00:00.123456+00:00';
    expect(isTaken('Person', ana, other, { createdOn: [made, made] })).toBe(false);
    expect(isTaken('Person', ana, other, { createdOn: [made, '2026-11-30T08:00:00+00:00'] })).toBe(true);
  });

  test.each<[EntityType, Row, Row, Row]>([
    [
      'Organisation',
      { name: 'Harbour', email: 'a@b.example' },
      { name: 'Harbor' },
      { name: 'Other', email: 'c@d.example' },
    ],
    ['Event', { name: 'Run', startsOn: 1 }, { startsOn: 2 }, { name: 'Other', startsOn: 2 }],
    [
      'Race',
      { eventId: '1', name: '10K', distanceM: 10 },
      { name: '10k night' },
      { eventId: '2', name: '5K', distanceM: 5 },
    ],
    ['StartGroup', { raceId: '1', name: 'A', sequence: 1 }, { name: 'B' }, { raceId: '2', name: 'B', sequence: 2 }],
    ['EventParticipant', { eventId: '1', personId: '2' }, { personId: '3' }, { eventId: '4', personId: '5' }],
    [
      'Conversation',
      { personId: '1', openedOn: 1, subject: 'x' },
      { subject: 'y' },
      { personId: '2', openedOn: 2, subject: 'y' },
    ],
  ])('of type %s is told from an edit', (type, before, edit, other) => {
    expect(isTaken(type, before, { ...before, ...edit })).toBe(false);
    expect(isTaken(type, before, other)).toBe(true);
  });

  test.each<[EntityType, Row, Row]>([
    [
      'StartGroupParticipant',
      { startGroupId: '1', eventParticipantId: '2' },
      { startGroupId: '3', eventParticipantId: '4' },
    ],
    ['Tag', { code: 'AB01', eventParticipantId: '1' }, { code: 'AB02', eventParticipantId: '2' }],
  ])('of type %s is the same row under its id: an edit may change all of it', (type, before, after) => {
    expect(isTaken(type, before, after)).toBe(false);
  });

  test('a fingerprint holds no value, and none under a key that is not known counts', () => {
    const fingerprint = fingerprintOf(identifyingValues('Person', ana, null), [key]);
    expect(JSON.stringify(fingerprint)).not.toMatch(/ana|silva|912345670|1984/i);
    const other = identifyingValues('Person', { firstName: 'Rui', lastName: 'Melo', email: 'r@m.example' }, null);
    expect(isAnother(identityGroups('Person'), agreementWith(fingerprint, other, [randomBytes(32)]))).toBe(false);
    expect(isAnother(identityGroups('Person'), agreementWith(fingerprint, other, [randomBytes(32), key]))).toBe(true);
  });

  test('a remote record that is found by the id alone needs one thing in common', () => {
    const groups = [['name'], ['email']];
    const agreement = agreementBetween({ name: 'Ana Silva', email: null }, { name: 'Rui Melo', email: 'r@m.example' });
    expect(isAnother(groups, agreement, 1)).toBe(true);
    expect(isAnother(groups, agreement)).toBe(false);
  });
});
