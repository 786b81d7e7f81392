import { z } from 'zod';
import { type MergeField, mergeTypes } from './records.ts';

export const fieldOptions = z.object({
  choices: z.array(z.string()).optional(),
  phone_format: z.string().optional(),
  date_format: z.string().optional(),
  size: z.int().optional(),
});

const standardFields: readonly Pick<MergeField, 'tag' | 'name' | 'type' | 'options'>[] = [
  { tag: 'FNAME', name: 'First Name', type: 'text', options: { size: 25 } },
  { tag: 'LNAME', name: 'Last Name', type: 'text', options: { size: 25 } },
  { tag: 'ADDRESS', name: 'Address', type: 'address', options: {} },
  { tag: 'PHONE', name: 'Phone Number', type: 'phone', options: { phone_format: 'none' } },
  { tag: 'BIRTHDAY', name: 'Birthday', type: 'birthday', options: { date_format: 'MM/DD' } },
];

const category = z.strictObject({ title: z.string(), interests: z.array(z.string()) });

/** The list's state at the start and after a reset. */
export const setupSchema = z.strictObject({
  name: z.string().default('Example Sports Federation'),
  /**
   * Added to those of every new list: FNAME, LNAME, ADDRESS, PHONE, BIRTHDAY. A field with the same tag replaces the
   * default.
   */
  mergeFields: z
    .array(
      z.strictObject({
        tag: z.string(),
        name: z.string().optional(),
        type: z.enum(mergeTypes).default('text'),
        required: z.boolean().default(false),
        options: fieldOptions.default({}),
      }),
    )
    .default([]),
  interestCategories: z.array(category).default([]),
  /** Texts of the marketing permissions. Empty: the list's GDPR fields are off. */
  marketingPermissions: z.array(z.string()).default([]),
});

export type Setup = z.output<typeof setupSchema>;
export type SetupInput = z.input<typeof setupSchema>;

/** In order, without ids. */
export function fieldsOf({ mergeFields }: Setup): readonly Omit<MergeField, 'id'>[] {
  const added = mergeFields.map((field) => ({ ...field, name: field.name ?? field.tag }));
  const kept = standardFields.filter(({ tag }) => !added.some((field) => field.tag === tag));
  return [...kept, ...added].map((field) => ({
    required: false,
    default_value: '',
    public: false,
    help_text: '',
    ...field,
  }));
}
