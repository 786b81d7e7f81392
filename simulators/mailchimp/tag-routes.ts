import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { cutFields } from './cut-fields.ts';
import { did, paramOf, queryOf } from './http.ts';
import { type Mailchimp, isoOf } from './mailchimp.ts';
import { changeMember, findMember } from './member-writes.ts';
import { pageOf } from './paging.ts';
import type { Member, Source } from './records.ts';
import { startAutomations, tagName, withTags, withoutTags } from './tags.ts';

const oneTag = z.object({ name: z.string(), status: z.enum(['active', 'inactive']) });

/** Elements without this shape are ignored and answered as a success. */
const tagsBody = z.object({
  tags: z.array(oneTag.or(z.unknown().transform(() => undefined))).catch([]),
  is_syncing: z.boolean().catch(false),
});

/** Tags of one member: the only call that changes the tags of an existing member. */
export function addTagRoutes(scope: FastifyInstance, mailchimp: Mailchimp): void {
  scope.get('/members/:member/tags', async (request) => {
    const { tags } = findMember(mailchimp, paramOf(request, 'member'));
    const body = {
      tags: pageOf(tags, queryOf(request)).map(({ id, addedAt }) => ({
        id,
        name: tagName(mailchimp, id),
        date_added: isoOf(addedAt),
      })),
      total_items: tags.length,
    };
    return cutFields(body, queryOf(request));
  });

  scope.post('/members/:member/tags', async (request, reply) => {
    const member = findMember(mailchimp, paramOf(request, 'member'));
    const { tags, is_syncing: silent } = tagsBody.catch({ tags: [], is_syncing: false }).parse(request.body);
    const named = tags.filter((tag) => tag !== undefined);
    const after = switchTags(mailchimp, member, named, { source: 'api', silent });
    const changed = after.tags.length !== member.tags.length || after.tags.some((tag, nth) => tag !== member.tags[nth]);
    did(request, changed ? 'tagged' : 'unchanged');
    return reply.code(204).send();
  });
}

/** Applies the changes in order; `silent` starts no automation. */
export function switchTags(
  mailchimp: Mailchimp,
  member: Member,
  switches: readonly z.output<typeof oneTag>[],
  { source, silent }: { readonly source: Source; readonly silent: boolean },
): Member {
  let tags = member.tags;
  for (const { name, status } of switches) {
    tags = status === 'active' ? withTags(mailchimp, tags, [name]) : withoutTags(mailchimp, tags, [name]);
  }
  if (!silent) startAutomations(mailchimp, member, tags);
  return changeMember(mailchimp, member, { ...member, tags }, source);
}
