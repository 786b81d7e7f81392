import { z } from 'zod';
import { MOST_ITEMS, readBody } from '../answer.ts';

/** PHP encodes an array as a list or as an object, depending on its keys; an empty one is a list. */
const phpRecord = <T extends z.ZodType>(item: T) =>
  z.union([
    z.record(z.string(), item),
    z
      .array(item)
      .transform((list): Record<string, z.infer<T>> => Object.fromEntries(list.map((one, at) => [`${at}`, one]))),
  ]);

const phpList = <T extends z.ZodType>(item: T) => phpRecord(item).transform((record) => Object.values(record));

const id = z.union([z.int(), z.string().regex(/^\d{1,19}$/)]).transform(String);

const doNotContact = z.looseObject({
  channel: z.string(),
  reason: z.coerce.number(),
  comments: z.string().nullish(),
});

export const contact = z.looseObject({
  id,
  points: z.number().optional(),
  preferredProfileImage: z.string().nullish(),
  dateAdded: z.string().nullish(),
  dateModified: z.string().nullish(),
  tags: phpList(z.looseObject({ tag: z.string() })).nullish(),
  // Missing means unknown, never "nothing is refused".
  doNotContact: phpList(doNotContact),
  fields: z.looseObject({ all: phpRecord(z.unknown()) }),
});

export type Contact = z.infer<typeof contact>;

export const oneContact = z.looseObject({ contact });
export const anyContacts = z.looseObject({ contacts: phpList(z.unknown()).pipe(z.array(z.unknown()).max(MOST_ITEMS)) });

const failure = z.looseObject({
  code: z.coerce.number().nullish(),
  message: z.string().nullish(),
  details: phpRecord(z.unknown()).nullish(),
  type: z.string().nullish(),
});

export type Failure = z.infer<typeof failure>;

/** OAuth's own errors have no list. */
const failures = z.union([
  z.looseObject({ errors: phpList(failure) }),
  z
    .looseObject({ error: z.string(), error_description: z.string().nullish() })
    .transform(({ error, error_description }) => ({
      errors: [{ type: error, message: error_description ?? null }],
    })),
]);

export const batch = z.looseObject({
  contacts: phpRecord(z.unknown()),
  statusCodes: phpRecord(z.coerce.number()).nullish(),
  errors: phpRecord(failure).nullish(),
});

const segment = z.looseObject({ id, alias: z.string().nullish(), isPublished: z.unknown().optional() });

export type Segment = z.infer<typeof segment>;

export const segments = z.looseObject({ lists: phpRecord(segment) });
export const createdSegment = z.looseObject({ list: z.looseObject({ id, alias: z.string().nullish() }) });
export const fieldList = z.looseObject({
  fields: phpList(
    z.looseObject({
      alias: z.string(),
      type: z.string().nullish(),
      isPublished: z.unknown().optional(),
      isUniqueIdentifier: z.unknown().optional(),
      defaultValue: z.unknown().optional(),
      charLengthLimit: z.unknown().optional(),
    }),
  ),
});
export const token = z.looseObject({ access_token: z.string().min(1), expires_in: z.coerce.number().default(3_600) });
export const activity = z.looseObject({ events: phpList(z.looseObject({ event: z.string() })) });
export const anything = z.unknown();

/** The errors in the answer to a failed call. Empty if it contains none that can be read. */
export function readFailures(body: string): readonly Failure[] {
  return readBody(failures, body)?.errors ?? [];
}
