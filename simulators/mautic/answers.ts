import { z } from 'zod';
import { type AnswersOfRoute, type Fit, type VendorAnswers, fits } from '../kit/answers.ts';
import { webhookEvents } from './webhooks.ts';

/**
 * The closed schemas of what Mautic 4.4 to 5.1.1 answers to the simulated calls, taken from answers of a real 5.1.1 and
 * from its code. A contact lacks `fields.all` after `dnc`, and when a batch refused it.
 */

const id = z.int();
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
const value = z.union([z.string(), z.number(), z.null()]);
const nothing = z.null();

/** A PHP array: a list or an object, depending on its keys; an empty one is a list. */
const phpArray = <T extends z.ZodType>(item: T) => z.union([z.array(item), z.record(z.string(), item)]);

const published = {
  isPublished: z.boolean(),
  dateAdded: time.nullable(),
  dateModified: time.nullable(),
  createdBy: id.nullable(),
  createdByUser: z.string().nullable(),
  modifiedBy: id.nullable(),
  modifiedByUser: z.string().nullable(),
};

const group = z.union([
  z.tuple([]),
  z.record(
    z.string(),
    z.strictObject({
      id: z.string(),
      label: z.string(),
      alias: z.string(),
      type: z.string(),
      group: z.string(),
      object: z.literal('lead'),
      is_fixed: z.enum(['0', '1']),
      default_value: value,
      value,
      normalizedValue: value,
    }),
  ),
]);
const groups = { core: group, social: group, personal: group, professional: group };
const all = z.record(z.string(), value);

const contact = (fields: z.ZodType) =>
  z.strictObject({
    ...published,
    id: id.nullable(),
    points: z.int(),
    color: nothing,
    fields,
    lastActive: nothing,
    owner: nothing,
    ipAddresses: z.tuple([]),
    tags: z.array(z.strictObject({ id, tag: z.string(), description: nothing })),
    utmtags: z.tuple([]),
    stage: nothing,
    dateIdentified: time.nullable(),
    preferredProfileImage: z.string().nullable(),
    doNotContact: z.array(
      z.strictObject({ id, reason: id, comments: z.string(), channel: z.string(), channelId: id.nullable() }),
    ),
    frequencyRules: z.tuple([]),
  });

const whole = contact(z.strictObject({ ...groups, all }));
const without = contact(z.strictObject(groups));

const failure = z.strictObject({
  code: z.int(),
  message: z.string(),
  details: phpArray(z.union([z.string(), z.array(z.string())])).optional(),
  type: z.string().optional(),
});
/** In a batch `type` may be null, and a missing or forbidden item has no details. */
const failureInBatch = failure.extend({ type: z.string().nullable() });

const batch = (contacts: z.ZodType, success: number) =>
  z.strictObject({
    contacts,
    ...(success === 0 ? {} : { statusCodes: phpArray(z.int()) }),
    errors: phpArray(failureInBatch).optional(),
  });

const segment = z.strictObject({
  ...published,
  id,
  name: z.string(),
  publicName: z.string(),
  alias: z.string(),
  description: z.string().nullable(),
  filters: z.tuple([]),
  isGlobal: z.boolean(),
  isPreferenceCenter: z.boolean(),
});

const membership = z.strictObject({
  id,
  name: z.string(),
  alias: z.string(),
  dateAdded: time,
  manuallyAdded: z.boolean(),
  manuallyRemoved: z.boolean(),
});

/** Without `isUniqueIdentifer`, which occurs only in requests, and without a character limit. */
const field = z.strictObject({
  ...published,
  id,
  label: z.string(),
  alias: z.string(),
  type: z.string(),
  group: z.string(),
  order: id,
  object: z.literal('lead'),
  defaultValue: value,
  isRequired: z.boolean(),
  isFixed: z.boolean(),
  isListable: z.boolean(),
  isVisible: z.boolean(),
  isShortVisible: z.boolean(),
  isUniqueIdentifier: z.boolean(),
  isPubliclyUpdatable: z.boolean(),
  properties: phpArray(z.unknown()),
});

const hook = z.strictObject({
  isPublished: z.boolean(),
  id: id.nullable(),
  name: z.string(),
  description: z.string().nullable(),
  webhookUrl: z.string(),
  secret: z.string(),
  eventsOrderbyDir: nothing,
  category: nothing,
  triggers: z.array(z.enum(webhookEvents)),
});

const event = z.strictObject({
  event: z.literal('email.sent'),
  eventId: z.string(),
  eventLabel: z.strictObject({ label: z.string(), href: z.string(), isExternal: z.boolean() }),
  eventType: z.string(),
  timestamp: time,
  extra: z.strictObject({ stat: z.record(z.string(), z.unknown()), type: z.string() }),
  icon: z.string(),
  contactId: z.string(),
});

const activity = z.strictObject({
  events: z.array(event),
  filters: z.strictObject({
    search: z.string(),
    includeEvents: z.array(z.string()),
    excludeEvents: z.array(z.string()),
  }),
  order: z.tuple([z.string(), z.string()]),
  types: z.record(z.string(), z.string()),
  total: z.int(),
  page: z.int(),
  limit: z.int(),
  maxPages: z.int(),
});

const one = (schema: z.ZodType, name: string) => fits(z.strictObject({ [name]: schema }));
const many = (schema: z.ZodType, name: string) => fits(z.strictObject({ total: z.int(), [name]: schema }));
const success = fits(z.strictObject({ success: z.literal(1) }));
const written: AnswersOfRoute = { 200: one(whole, 'contact'), 201: one(whole, 'contact') };
const edited: AnswersOfRoute = { 200: fits(batch(phpArray(z.union([whole, without])), 200)) };

const token: Fit = fits(
  z.strictObject({
    access_token: z.string(),
    expires_in: z.int(),
    token_type: z.literal('bearer'),
    scope: nothing,
    refresh_token: z.string().optional(),
  }),
);

export const mauticAnswers: VendorAnswers = {
  routes: {
    'POST /token': { 200: token },
    'GET /contacts': {
      // No result is an empty object, not a list.
      200: fits(z.strictObject({ total: z.string().regex(/^\d+$/), contacts: z.record(z.string(), whole) })),
    },
    'GET /contacts/:id': { 200: one(whole, 'contact') },
    'POST /contacts/new': written,
    'PATCH /contacts/:id/edit': written,
    'PUT /contacts/:id/edit': written,
    'DELETE /contacts/:id/delete': { 200: one(whole, 'contact') },
    'GET /contacts/:id/activity': { 200: fits(activity) },
    'GET /contacts/:id/segments': { 200: many(phpArray(membership), 'lists') },
    'POST /contacts/batch/new': { 201: fits(batch(phpArray(z.union([whole, without])), 201)) },
    'PATCH /contacts/batch/edit': edited,
    'PUT /contacts/batch/edit': edited,
    'DELETE /contacts/batch/delete': { 200: fits(batch(phpArray(whole), 0)) },
    'POST /contacts/:id/dnc/:channel/add': { 200: one(without, 'contact') },
    'POST /contacts/:id/dnc/:channel/remove': {
      200: fits(z.strictObject({ recordFound: z.boolean(), contact: without })),
    },
    'GET /segments': { 200: many(phpArray(segment), 'lists') },
    'GET /segments/:id': { 200: one(segment, 'list') },
    'POST /segments/new': { 201: one(segment, 'list') },
    'POST /segments/:id/contact/:contact/add': { 200: success },
    'POST /segments/:id/contact/:contact/remove': { 200: success },
    'POST /segments/:id/contacts/add': {
      200: fits(z.strictObject({ success: z.literal(1), details: phpArray(z.strictObject({ success: z.boolean() })) })),
    },
    'GET /fields/contact': { 200: many(phpArray(field), 'fields') },
    'GET /fields/contact/:id': { 200: one(field, 'field') },
    'POST /fields/contact/new': { 201: one(field, 'field') },
    'GET /hooks': { 200: many(phpArray(hook), 'hooks') },
    'GET /hooks/triggers': {
      200: fits(z.strictObject({ triggers: z.record(z.string(), z.strictObject({ label: z.string() })) })),
    },
    'GET /hooks/:id': { 200: one(hook, 'hook') },
    'POST /hooks/new': { 201: one(hook, 'hook') },
    'PATCH /hooks/:id/edit': { 200: one(hook, 'hook') },
    'PUT /hooks/:id/edit': { 200: one(hook, 'hook') },
    'DELETE /hooks/:id/delete': { 200: one(hook, 'hook') },
  },
  refusals: fits(
    z.union([
      z.strictObject({ errors: z.array(failure) }),
      // OAuth's own format, not wrapped.
      z.strictObject({ error: z.string(), error_description: z.string() }),
    ]),
  ),
};
