import { z } from 'zod';
import { mergeTypes } from './records.ts';

/** Makes a closed object of these properties. */
type ObjectOf = (shape: z.ZodRawShape) => z.ZodType;

const text = z.string();
const count = z.int().min(0);
const flag = z.boolean();
/** Whole seconds; `""` for never. */
const time = z.union([z.iso.datetime({ offset: true, precision: 0 }), z.literal('')]);

/** The closed schemas of all answers. `object` decides whether properties may be missing. */
export function answerSchemas(object: ObjectOf) {
  const _links = z.array(
    z.strictObject({
      rel: text,
      href: text,
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      targetSchema: text.optional(),
      schema: text.optional(),
    }),
  );
  const member = memberSchema(object, _links);
  const list = listSchema(object, _links);
  const abuseReport = object({
    id: count,
    campaign_id: text,
    list_id: text,
    email_id: text,
    email_address: text,
    merge_fields: z.record(z.string(), z.unknown()),
    vip: flag,
    date: time,
    _links,
  });
  const mergeField = object({
    merge_id: count,
    tag: text,
    name: text,
    type: z.enum(mergeTypes),
    required: flag,
    default_value: text,
    public: flag,
    help_text: text,
    display_order: count,
    options: z.strictObject({
      choices: z.array(text).optional(),
      phone_format: text.optional(),
      date_format: text.optional(),
      size: z.int().optional(),
      default_country: z.int().optional(),
    }),
    list_id: text,
    _links,
  });
  const category = object({
    list_id: text,
    id: text,
    title: text,
    display_order: count,
    type: z.enum(['checkboxes', 'dropdown', 'radio', 'hidden']),
    _links,
  });
  const interest = object({
    category_id: text,
    list_id: text,
    id: text,
    name: text,
    /** A text, although it is a count. */
    subscriber_count: text,
    display_order: count,
    _links,
  });
  const webhook = object({
    id: text,
    url: text,
    events: flags('subscribe', 'unsubscribe', 'profile', 'cleaned', 'upemail', 'campaign'),
    sources: flags('user', 'admin', 'api'),
    list_id: text,
    /** Only in the answer to the create call, and only if webhooks are signed. */
    secret: text.optional(),
    _links,
  });
  const batch = object({
    id: text,
    status: z.enum(['pending', 'preprocessing', 'started', 'finalizing', 'finished']),
    total_operations: count,
    finished_operations: count,
    errored_operations: count,
    submitted_at: time,
    completed_at: time,
    response_body_url: text,
    _links,
  });
  const foundMembers = object({ members: z.array(member), total_items: count });

  return {
    ping: object({ health_status: text }),
    account: object({ account_id: text, account_name: text, pro_enabled: flag }),
    list,
    lists: object({ lists: z.array(list), total_items: count }),
    member,
    members: object({ members: z.array(member), list_id: text, total_items: count, _links }),
    foundMembers: object({ exact_matches: foundMembers, full_search: foundMembers }),
    abuseReports: object({
      abuse_reports: z.array(abuseReport),
      list_id: text,
      total_items: count,
    }),
    tags: object({ tags: z.array(object({ id: count, name: text, date_added: time })), total_items: count }),
    listBatch: object({
      new_members: z.array(member),
      updated_members: z.array(member),
      errors: z.array(
        object({
          email_address: text,
          error: text,
          error_code: z.enum(['ERROR_CONTACT_EXISTS', 'ERROR_GENERIC']),
          field: text,
          field_message: text,
        }),
      ),
      total_created: count,
      total_updated: count,
      error_count: count,
      _links,
    }),
    mergeField,
    mergeFields: object({ merge_fields: z.array(mergeField), list_id: text, total_items: count }),
    category,
    categories: object({ list_id: text, categories: z.array(category), total_items: count }),
    interest,
    interests: object({ interests: z.array(interest), list_id: text, category_id: text, total_items: count }),
    webhook,
    webhooks: object({ webhooks: z.array(webhook), list_id: text, total_items: count }),
    batch,
    batches: object({ batches: z.array(batch), total_items: count }),
    problem: z.strictObject({
      type: text,
      title: text,
      status: z.int(),
      detail: text,
      instance: text,
      errors: z.array(z.strictObject({ field: text, message: text })).optional(),
    }),
  };
}

const flags = (...names: readonly string[]) => z.strictObject(Object.fromEntries(names.map((name) => [name, flag])));

const postalAddress = z.strictObject({
  addr1: text,
  addr2: text,
  city: text,
  state: text,
  zip: text,
  country: text,
});

function memberSchema(object: ObjectOf, _links: z.ZodType): z.ZodType {
  return object({
    id: z.string().regex(/^[0-9a-f]{32}$/),
    email_address: text,
    unique_email_id: text,
    contact_id: text,
    full_name: text,
    web_id: count,
    email_type: z.enum(['html', 'text']),
    status: z.enum(['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived']),
    /** Only for an unsubscribed member. */
    unsubscribe_reason: text.optional(),
    consents_to_one_to_one_messaging: flag,
    merge_fields: z.record(z.string(), z.union([text, z.number(), postalAddress])),
    interests: z.record(z.string(), flag),
    stats: z.strictObject({ avg_open_rate: z.number(), avg_click_rate: z.number() }),
    ip_signup: text,
    timestamp_signup: time,
    ip_opt: text,
    timestamp_opt: time,
    member_rating: count,
    last_changed: time,
    language: text,
    vip: flag,
    email_client: text,
    location: z.strictObject({
      latitude: z.number(),
      longitude: z.number(),
      gmtoff: z.number(),
      dstoff: z.number(),
      country_code: text,
      timezone: text,
      region: text,
    }),
    /** Only for a list with marketing permissions. */
    marketing_permissions: z.array(z.strictObject({ marketing_permission_id: text, text, enabled: flag })).optional(),
    source: text,
    tags_count: count,
    tags: z.array(z.strictObject({ id: count, name: text })),
    list_id: text,
    _links,
  });
}

function listSchema(object: ObjectOf, _links: z.ZodType): z.ZodType {
  return object({
    id: text,
    web_id: count,
    name: text,
    permission_reminder: text,
    use_archive_bar: flag,
    campaign_defaults: object({ from_name: text, from_email: text, subject: text, language: text }),
    email_type_option: flag,
    subscribe_url_short: text,
    double_optin: flag,
    marketing_permissions: flag,
    has_welcome: flag,
    stats: object({
      member_count: count,
      total_contacts: count,
      unsubscribe_count: count,
      cleaned_count: count,
      merge_field_count: count,
      last_sub_date: time,
    }),
    _links,
  });
}
