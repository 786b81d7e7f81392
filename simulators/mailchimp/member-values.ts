import type { Mailchimp } from './mailchimp.ts';
import type { MemberBody } from './member-body.ts';
import { judgeMergeValue } from './merge-values.ts';
import { type FieldError, invalid, invalidFields } from './problem.ts';
import type { Member } from './records.ts';

/**
 * An absent value is kept, `""` clears. All fields are validated, so a required field that was already empty is refused
 * now. Throws Problem 400 with the tags.
 */
export function mergeFieldsAfter(
  { store, settings }: Mailchimp,
  before: Member['mergeFields'],
  sent: MemberBody['merge_fields'],
  skipMergeValidation: boolean,
): Member['mergeFields'] {
  const after = new Map(Object.entries(before));
  const errors: FieldError[] = [];
  for (const [tag, value] of Object.entries(sent ?? {})) {
    const [field] = store.mergeFields.by('tag', tag);
    // Tags unknown to the list are ignored.
    if (field === undefined) continue;
    if (value === null && settings.nullMergeValue === 'kept') continue;
    const judged = judgeMergeValue(field, value ?? '', settings);
    if (judged.kind === 'wrong') errors.push({ field: tag, message: judged.message });
    else after.set(tag, judged.value);
  }
  const wrong = new Set(errors.map(({ field }) => field));
  for (const { tag, required } of store.mergeFields.all()) {
    const empty = (after.get(tag) ?? '') === '';
    if (required && empty && !skipMergeValidation && !wrong.has(tag)) {
      errors.push({ field: tag, message: 'Please enter a value' });
    }
  }
  if (errors.length > 0) throw invalid('Your merge fields were invalid.', errors);
  return Object.fromEntries(after);
}

/** Interests that are not named keep their value. Throws Problem 400. */
export function interestsAfter(
  mailchimp: Mailchimp,
  before: readonly string[],
  sent: MemberBody['interests'],
): readonly string[] {
  const known = (key: string): boolean => mailchimp.store.interests.by('key', key).length > 0;
  return switched(mailchimp, before, Object.entries(sent ?? {}), { known, field: 'interests' });
}

/** Permissions that are not named keep their value. Throws Problem 400. */
export function permissionsAfter(
  mailchimp: Mailchimp,
  before: readonly string[],
  sent: MemberBody['marketing_permissions'],
): readonly string[] {
  const known = (key: string): boolean => mailchimp.store.permissions.by('key', key).length > 0;
  const switches = (sent ?? []).map((each) => [each.marketing_permission_id, each.enabled] as const);
  return switched(mailchimp, before, switches, { known, field: 'marketing_permissions' });
}

function switched(
  { settings }: Mailchimp,
  before: readonly string[],
  switches: readonly (readonly [string, boolean])[],
  { known, field }: { readonly known: (key: string) => boolean; readonly field: string },
): readonly string[] {
  const unknown = switches.filter(([key]) => !known(key));
  if (unknown.length > 0 && settings.unknownInterests === 'refused') {
    throw invalidFields(unknown.map(([key]) => ({ field: `${field}.${key}`, message: `There is no "${key}"` })));
  }
  const on = new Set(before);
  for (const [key, enabled] of switches) {
    if (enabled && known(key)) on.add(key);
    else on.delete(key);
  }
  return [...on].sort();
}
