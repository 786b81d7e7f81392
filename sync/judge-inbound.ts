import canonicalize from 'canonicalize';
import { canonicalForm } from './canonical-form.ts';
import type { Content } from './content-hash.ts';
import type { FieldOwner } from './field-owner.ts';
import { isHashOf, type Base, type SecretKey } from './keyed-hash.ts';

/** `entity`: one side's state as a whole wins. `field`: what only the remote has changed is let through. */
export type ConflictScope = 'entity' | 'field';

export interface InboundCase {
  readonly owners: Readonly<Record<string, FieldOwner>>;
  /** Both sides in the target's fields. */
  readonly ems: Content;
  readonly remote: Content;
  /** Each field as last known at the remote; null: the two have never been compared. */
  readonly base: Base | null;
  /** EMS has changed the row since the last sync, told by its times. */
  readonly emsChanged: boolean;
  readonly scope: ConflictScope;
  readonly keys: readonly SecretKey[];
}

export type InboundDecision =
  /** Our own write that comes back, or a change of what is not mapped: only times move. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'apply'; readonly fields: readonly string[] }
  /**
   * Both sides have changed: EMS's state is sent again, `lost` goes to the conflict log, `apply` (what the remote owns, or
   * alone has changed) is let through.
   */
  | { readonly kind: 'conflict'; readonly lost: readonly string[]; readonly apply: readonly string[] };

/**
 * What an inbound pass has to do with a fetched remote state (architecture rule 7). A side has changed a field only if the
 * field differs from the base: what the remote did not change is never applied, so a field that we do not send cannot
 * revert EMS. Where there is no base yet, EMS's values win for all that both may change.
 */
export function judgeInbound({ owners, ems, remote, base, emsChanged, scope, keys }: InboundCase): InboundDecision {
  const fields = Object.keys(owners);
  const differsFromBase = (content: Content, field: string) =>
    base === null || !isHashOf(base[field], field, content[field], keys);
  const differing = fields.filter(
    (field) => owners[field] !== 'ems' && differsFromBase(remote, field) && !isSame(ems, remote, field),
  );
  const owned = differing.filter((field) => owners[field] === 'remote');
  const shared = differing.filter((field) => owners[field] === 'both');

  const changedByEms = fields.filter((field) => owners[field] !== 'remote' && differsFromBase(ems, field));
  const bothChanged = base === null || (emsChanged && changedByEms.length > 0);
  if (!bothChanged || shared.length === 0) {
    return differing.length === 0 ? { kind: 'unchanged' } : { kind: 'apply', fields: differing };
  }
  const passing = scope === 'field' ? shared.filter((field) => !changedByEms.includes(field)) : [];
  const lost = shared.filter((field) => !passing.includes(field));
  const apply = [...owned, ...passing];
  return lost.length === 0 ? { kind: 'apply', fields: apply } : { kind: 'conflict', lost, apply };
}

function isSame(ems: Content, remote: Content, field: string): boolean {
  return canonicalize(canonicalForm(ems[field])) === canonicalize(canonicalForm(remote[field]));
}
