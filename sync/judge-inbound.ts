import canonicalize from 'canonicalize';
import { canonicalForm } from './canonical-form.ts';
import type { Content } from './content-hash.ts';
import type { FieldOwner } from './field-owner.ts';
import { isHashOf, type Base, type SecretKey } from './keyed-hash.ts';

/** `entity`: one side wins with its whole state. `field`: fields that only the remote has changed are applied. */
export type ConflictScope = 'entity' | 'field';

export interface InboundCase {
  readonly owners: Readonly<Record<string, FieldOwner>>;
  /** Fields owned by the remote that EMS may set as well: applied when the remote changes them. */
  readonly whenChanged?: readonly string[];
  /** Fields whose remote value EMS could not send back: not applied. */
  readonly unsendable?: readonly string[];
  /** Fields whose remote value anybody may have written: never applied without an operator. */
  readonly proposed?: readonly string[];
  /** Both sides in the target's fields. */
  readonly ems: Content;
  readonly remote: Content;
  /** The last known remote value of each field; null: the two have never been compared. */
  readonly base: Base | null;
  /** EMS has changed the row since the last sync, according to its times. */
  readonly emsChanged: boolean;
  readonly scope: ConflictScope;
  readonly keys: readonly SecretKey[];
}

export type InboundDecision =
  /** A bounce-back, or a change of unmapped fields: only times are touched. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'apply'; readonly fields: readonly string[] }
  /**
   * Both sides have changed, or the remote has values that EMS cannot store: EMS's state is sent again, `lost` goes to
   * the conflict log, and `apply` (fields that the remote owns, or that only the remote changed) is applied.
   */
  | { readonly kind: 'conflict'; readonly lost: readonly string[]; readonly apply: readonly string[] };

/**
 * Decides what an inbound pass does with a fetched remote state (architecture rule 7). A side has changed a field only
 * if it differs from the base: what the remote did not change is never applied, so a field that we do not send cannot
 * revert EMS. A field missing on one side is unknown and not judged. If the two were never compared (a match, a new
 * field of the mapping, or one that was hidden before), EMS's values win for fields that both may change, and fields
 * empty in EMS are filled in. A field owned by the remote is compared with EMS itself: whoever changed it in EMS, the
 * remote's value counts.
 */
export function judgeInbound(inbound: InboundCase): InboundDecision {
  const { owners, ems, base, emsChanged, scope, unsendable = [], proposed = [] } = inbound;
  const differing = differingFields(inbound).filter((field) => owners[field] !== 'ems');
  const owned = differing.filter((field) => owners[field] === 'remote' && !unsendable.includes(field));
  const shared = differing.filter((field) => owners[field] === 'both');

  const changedByEms = Object.keys(owners).filter((field) => owners[field] !== 'remote' && hasChanged(inbound, field));
  const emsHasChanged = emsChanged && changedByEms.length > 0;
  const lost = differing.filter((field) => {
    if (unsendable.includes(field)) return true;
    if (owners[field] === 'remote') return false;
    if (base?.[field] === undefined) return canonicalForm(ems[field]) !== null;
    return emsHasChanged && (scope === 'entity' || changedByEms.includes(field));
  });
  const apply = [...owned, ...shared].filter((field) => !lost.includes(field) && !proposed.includes(field));
  if (lost.length > 0) return { kind: 'conflict', lost, apply };
  return apply.length === 0 ? { kind: 'unchanged' } : { kind: 'apply', fields: apply };
}

/**
 * Values that EMS would take over if not anybody could have written them: they wait for an operator, and EMS's values
 * are sent again.
 */
export function proposedFields(inbound: InboundCase, decision: InboundDecision): string[] {
  const lost = decision.kind === 'conflict' ? decision.lost : [];
  return differingFields(inbound).filter(
    (field) => inbound.proposed?.includes(field) === true && inbound.owners[field] !== 'ems' && !lost.includes(field),
  );
}

/** Fields owned by EMS that the remote has changed: EMS's state must be sent again. */
export function driftedFields(inbound: Omit<InboundCase, 'emsChanged' | 'scope'>): string[] {
  if (inbound.base === null) return [];
  return differingFields(inbound).filter((field) => inbound.owners[field] === 'ems');
}

/** Fields that the remote has changed to a value other than EMS's. */
function differingFields(inbound: Omit<InboundCase, 'emsChanged' | 'scope'>): string[] {
  const { owners, ems, remote, base, keys, whenChanged = [], unsendable = [] } = inbound;
  return Object.keys(owners).filter((field) => {
    if (!Object.hasOwn(remote, field)) return false;
    if (Object.hasOwn(ems, field) && isSame(ems, remote, field)) return false;
    // For a field owned by the remote, whatever the base is; but a value that was already refused is not refused again
    // at each pass.
    const isRemotes = owners[field] === 'remote' && Object.hasOwn(ems, field);
    if (isRemotes && !whenChanged.includes(field) && !unsendable.includes(field)) return true;
    return !(base !== null && isHashOf(base[field], field, remote[field], keys));
  });
}

/** Whether EMS's value of a field owned by the remote differs from the remote's last known value. */
export function differsInRemoteFields({
  owners,
  ems,
  base,
  keys,
  whenChanged = [],
}: Pick<InboundCase, 'owners' | 'ems' | 'base' | 'keys' | 'whenChanged'>): boolean {
  return Object.keys(owners).some(
    (field) =>
      owners[field] === 'remote' &&
      !whenChanged.includes(field) &&
      Object.hasOwn(ems, field) &&
      base?.[field] !== undefined &&
      !isHashOf(base[field], field, ems[field], keys),
  );
}

/** EMS's value differs from the last known remote value; a field that was never compared has not changed. */
function hasChanged({ ems, base, keys }: InboundCase, field: string): boolean {
  return (
    base !== null &&
    Object.hasOwn(ems, field) &&
    base[field] !== undefined &&
    !isHashOf(base[field], field, ems[field], keys)
  );
}

function isSame(ems: Content, remote: Content, field: string): boolean {
  return canonicalize(canonicalForm(ems[field])) === canonicalize(canonicalForm(remote[field]));
}
