import { z } from 'zod';
import { askedStatuses } from './records.ts';

/** PHP encodes an empty object as `[]`. */
const emptyList = z.array(z.never()).transform(() => ({}));

/** What a client may set of a member. Unknown properties are ignored. */
export const memberBody = z.object({
  email_address: z.string().optional(),
  status: z.enum(askedStatuses).optional(),
  status_if_new: z.enum(askedStatuses).optional(),
  email_type: z.enum(['html', 'text', '']).optional(),
  merge_fields: z.record(z.string(), z.unknown()).or(emptyList).optional(),
  interests: z.record(z.string(), z.boolean()).or(emptyList).optional(),
  language: z.string().optional(),
  vip: z.boolean().optional(),
  location: z.object({ latitude: z.number().optional(), longitude: z.number().optional() }).optional(),
  marketing_permissions: z.array(z.object({ marketing_permission_id: z.string(), enabled: z.boolean() })).optional(),
  ip_signup: z.string().optional(),
  ip_opt: z.string().optional(),
  timestamp_signup: z.string().optional(),
  timestamp_opt: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

export type MemberBody = z.output<typeof memberBody>;

/** In the list batch, null counts as absent, and marketing permissions are ignored. */
export const batchMember = z
  .record(z.string(), z.unknown())
  .transform(({ marketing_permissions: _unseen, ...sent }) =>
    Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null)),
  )
  .pipe(memberBody);
