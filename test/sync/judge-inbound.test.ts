import { describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { FieldOwner } from '../../sync/field-owner.ts';
import {
  differsInRemoteFields,
  driftedFields,
  judgeInbound,
  type ConflictScope,
  type InboundCase,
} from '../../sync/judge-inbound.ts';
import { baseOf } from '../../sync/keyed-hash.ts';

const keys = [new Uint8Array(32).fill(7)];
const owners = { name: 'both', email: 'both', status: 'remote', club: 'ems' } as const satisfies Record<
  string,
  FieldOwner
>;
const synced = { name: 'Ana', email: 'ana@clube.example', status: 'open', club: 'Porto' };

interface Change {
  readonly ems?: Partial<typeof synced>;
  readonly remote?: Partial<typeof synced>;
  readonly base?: Content | null;
  readonly scope?: ConflictScope;
  readonly emsChanged?: boolean;
}

function inboundCase(change: Change): InboundCase {
  const { base = synced, scope = 'entity' } = change;
  return {
    owners,
    ems: { ...synced, ...change.ems },
    remote: { ...synced, ...change.remote },
    base: base === null ? null : baseOf(base, keys),
    emsChanged: change.emsChanged ?? change.ems !== undefined,
    scope,
    keys,
  };
}

const judge = (change: Change) => judgeInbound(inboundCase(change));

describe('inbound judgement', () => {
  test('bounce-back: the remote holds what was last sent, in its own spelling', () => {
    expect(judge({ remote: { email: ' ana@clube.example ', name: 'Ana ' } })).toEqual({ kind: 'unchanged' });
  });

  test('inbound change: only what the remote changed is applied', () => {
    expect(judge({ remote: { name: 'Anna' } })).toEqual({ kind: 'apply', fields: ['name'] });
  });

  test('a value cleared at the remote is a change', () => {
    expect(judge({ remote: { name: '' } })).toEqual({ kind: 'apply', fields: ['name'] });
  });

  test('what the remote did not change is never applied: EMS alone has changed', () => {
    expect(judge({ ems: { name: 'Anna' } })).toEqual({ kind: 'unchanged' });
  });

  test('a field that EMS owns is never read back', () => {
    expect(judge({ remote: { club: 'Braga' } })).toEqual({ kind: 'unchanged' });
  });

  test('a field that the remote owns is applied, whatever EMS has done, and never conflicts', () => {
    expect(judge({ ems: { name: 'Anna' }, remote: { status: 'closed' } })).toEqual({
      kind: 'apply',
      fields: ['status'],
    });
  });

  test('both have changed: EMS wins as a whole, what lost is named', () => {
    expect(judge({ ems: { name: 'Anna' }, remote: { email: 'new@clube.example', status: 'closed' } })).toEqual({
      kind: 'conflict',
      lost: ['email'],
      apply: ['status'],
    });
  });

  test('scope field: what only the remote has changed is let through', () => {
    const both = { ems: { name: 'Anna' }, remote: { name: 'Ann', email: 'new@clube.example' } };
    expect(judge({ ...both, scope: 'field' })).toEqual({ kind: 'conflict', lost: ['name'], apply: ['email'] });
    expect(judge({ ...both, remote: { email: 'new@clube.example' }, scope: 'field' })).toEqual({
      kind: 'apply',
      fields: ['email'],
    });
  });

  test('both have changed to the same value: no conflict', () => {
    expect(judge({ ems: { name: 'Anna' }, remote: { name: ' Anna' } })).toEqual({ kind: 'unchanged' });
  });

  test('an EMS change outside the mapped fields is no conflict', () => {
    expect(judge({ remote: { name: 'Anna' }, emsChanged: true })).toEqual({ kind: 'apply', fields: ['name'] });
  });

  test('never compared before: EMS wins where both may write, the remote where it owns', () => {
    expect(judge({ base: null, remote: { name: 'Anna', status: 'closed' } })).toEqual({
      kind: 'conflict',
      lost: ['name'],
      apply: ['status'],
    });
  });

  test('never compared before: what EMS has no value for is filled in', () => {
    expect(judge({ base: null, ems: { name: '' }, remote: { name: 'Anna' } })).toEqual({
      kind: 'apply',
      fields: ['name'],
    });
  });

  test('a field that was never compared before, because the mapping has it only now: EMS wins, or is filled in', () => {
    const { name: _, ...base } = synced;
    expect(judge({ base, remote: { name: '' } })).toEqual({ kind: 'conflict', lost: ['name'], apply: [] });
    expect(judge({ base, ems: { name: '' }, remote: { name: 'Anna' }, emsChanged: false })).toEqual({
      kind: 'apply',
      fields: ['name'],
    });
    expect(judge({ base, remote: { name: '', email: 'new@clube.example' } })).toEqual({
      kind: 'conflict',
      lost: ['name'],
      apply: ['email'],
    });
  });

  test('a field that could not be read is not judged: unknown is not empty', () => {
    const inbound = inboundCase({ ems: { name: 'Anna' } });
    const { name: _, ...remote } = inbound.remote;
    expect(judgeInbound({ ...inbound, remote })).toEqual({ kind: 'unchanged' });
  });

  test('a field that EMS cannot map is not taken for a change of EMS’s', () => {
    const inbound = inboundCase({ remote: { email: 'new@clube.example' }, emsChanged: true });
    const { name: _, ...ems } = inbound.ems;
    expect(judgeInbound({ ...inbound, ems })).toEqual({ kind: 'apply', fields: ['email'] });
  });
});

describe('drift', () => {
  test('what the remote has changed of EMS’s own is named', () => {
    expect(driftedFields(inboundCase({ remote: { club: 'Braga', name: 'Anna' } }))).toEqual(['club']);
  });

  test('the remote’s own spelling of what was sent is none, nor is what EMS holds by now', () => {
    expect(driftedFields(inboundCase({ base: { ...synced, club: 'PORTO' }, remote: { club: 'PORTO' } }))).toEqual([]);
    expect(driftedFields(inboundCase({ ems: { club: 'Braga' }, remote: { club: 'Braga' } }))).toEqual([]);
  });

  test('where the two were never compared there is none', () => {
    expect(driftedFields(inboundCase({ base: null, remote: { club: 'Braga' } }))).toEqual([]);
  });
});

const take = (from: Content, fields: readonly string[]) =>
  Object.fromEntries(fields.map((field) => [field, from[field]]));

const values = fc.constantFrom('a', 'b', ' a', '', 'A');
const contents = fc.record({ name: values, email: values, status: values, club: values });
const owner = fc.constantFrom<FieldOwner>('ems', 'remote', 'both');

describe('for any two states', () => {
  test('nothing is both lost and applied, nothing that EMS owns is touched, and once applied nothing is left to do', () => {
    fc.assert(
      fc.property(
        fc.record({ name: owner, email: owner, status: owner, club: owner }),
        contents,
        contents,
        fc.option(contents),
        fc.boolean(),
        fc.constantFrom<ConflictScope>('entity', 'field'),
        (owns, ems, remote, base, emsChanged, scope) => {
          const inbound = {
            owners: owns,
            ems,
            remote,
            emsChanged,
            scope,
            keys,
            base: base === null ? null : baseOf(base, keys),
          };
          const decision = judgeInbound(inbound);
          const applied =
            decision.kind === 'unchanged' ? [] : decision.kind === 'apply' ? decision.fields : decision.apply;
          const lost = decision.kind === 'conflict' ? decision.lost : [];
          expect(applied.filter((field) => lost.includes(field))).toEqual([]);
          expect([...applied, ...lost].filter((field) => owns[field as keyof typeof owns] === 'ems')).toEqual([]);
          expect(lost.filter((field) => owns[field as keyof typeof owns] === 'remote')).toEqual([]);
          // EMS now has the applied fields, and the remote gets EMS's value for the lost ones, so both sides agree.
          const emsAfter = { ...ems, ...take(remote, applied) };
          const remoteAfter = { ...remote, ...take(emsAfter, lost) };
          const after = {
            ...inbound,
            ems: emsAfter,
            remote: remoteAfter,
            base: baseOf(remoteAfter, keys),
            emsChanged: false,
          };
          expect(judgeInbound(after)).toEqual({ kind: 'unchanged' });
        },
      ),
    );
  });
});

describe('a field of the remote’s', () => {
  test('is compared with EMS: changed there and back at the remote, or by EMS alone, it is the remote’s', () => {
    const remoteAsKnown = { ems: { status: 'closed' as string } };
    expect(judge({ ...remoteAsKnown, emsChanged: true })).toEqual({ kind: 'apply', fields: ['status'] });
    expect(judge({ ...remoteAsKnown, emsChanged: false })).toEqual({ kind: 'apply', fields: ['status'] });
  });

  test('that EMS may set as well comes in only when the remote changes it', () => {
    const own = inboundCase({ ems: { status: 'withdrawn' } });
    expect(judgeInbound({ ...own, whenChanged: ['status'] })).toEqual({ kind: 'unchanged' });
    const changed = inboundCase({ ems: { status: 'withdrawn' }, remote: { status: 'gone' } });
    expect(judgeInbound({ ...changed, whenChanged: ['status'] })).toEqual({ kind: 'apply', fields: ['status'] });
  });

  test('in which EMS has left the remote is told without asking the remote', () => {
    const { owners: declared, base, keys: secret, ems } = inboundCase({});
    const differs = (row: Content, whenChanged: readonly string[] = []) =>
      differsInRemoteFields({ owners: declared, base, keys: secret, ems: row, whenChanged });
    expect(differs(ems)).toBe(false);
    expect(differs({ ...ems, name: 'Anna' })).toBe(false);
    expect(differs({ ...ems, status: 'closed' })).toBe(true);
    expect(differs({ ...ems, status: 'closed' }, ['status'])).toBe(false);
    expect(differs({ name: 'Ana' })).toBe(false);
  });
});

const refused = (change: Change, unsendable: readonly string[]) => judgeInbound({ ...inboundCase(change), unsendable });

describe('a value that EMS could not send back', () => {
  test('loses, whoever else has changed what; the rest comes in', () => {
    const remote = { email: 'a@x;b@x', name: 'Anna' };
    expect(refused({ remote }, ['email'])).toEqual({ kind: 'conflict', lost: ['email'], apply: ['name'] });
  });

  test('loses also where EMS has none, and where the remote owns the field', () => {
    expect(refused({ base: null, ems: { email: '' }, remote: { email: 'N/A' } }, ['email'])).toMatchObject({
      lost: ['email'],
    });
    expect(refused({ remote: { status: '\u0007' } }, ['status'])).toEqual({
      kind: 'conflict',
      lost: ['status'],
      apply: [],
    });
  });

  test('loses once: known as the remote’s, it is nothing new', () => {
    const base = { ...synced, email: 'N/A', status: '\u0007' };
    expect(refused({ base, remote: { email: 'N/A', status: '\u0007' } }, ['email', 'status'])).toEqual({
      kind: 'unchanged',
    });
  });
});
