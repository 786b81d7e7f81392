import type { FastifyInstance } from 'fastify';
import { cutFields } from './cut-fields.ts';
import { bodyAs, did, isOn, paramOf, queryOf } from './http.ts';
import { subscriberHash } from './identity.ts';
import { type Mailchimp, lagOf } from './mailchimp.ts';
import { memberBody } from './member-body.ts';
import { listedMembers } from './member-list.ts';
import { memberShape } from './member-shape.ts';
import { firstStanding } from './member-status.ts';
import {
  archiveMember,
  byApi,
  findMember,
  forgetMember,
  insertMember,
  memberAt,
  updateMember,
  upsertMember,
} from './member-writes.ts';
import { pageOf } from './paging.ts';
import { invalidFields, memberExists } from './problem.ts';

/** Members of the list, singly and in pages. */
export function addMemberRoutes(scope: FastifyInstance, mailchimp: Mailchimp): void {
  const { store, list } = mailchimp;

  scope.get('/members', async (request) => {
    const query = queryOf(request);
    const rows = listedMembers(mailchimp, query, store.members.allBefore(lagOf(mailchimp, request)));
    const body = {
      members: pageOf(rows, query).map((member) => memberShape(mailchimp, member)),
      list_id: list.id,
      total_items: rows.length,
      _links: [{ rel: 'self', href: `/3.0/lists/${list.id}/members`, method: 'GET' }],
    };
    return cutFields(body, query);
  });

  scope.post('/members', async (request) => {
    const sent = bodyAs(request, memberBody);
    const { email_address: email, status } = sent;
    const missing = Object.entries({ email_address: email, status }).filter(([, value]) => (value ?? '') === '');
    if (email === undefined || status === undefined || missing.length > 0) {
      throw invalidFields(missing.map(([field]) => ({ field, message: 'This value should not be blank.' })));
    }
    const manner = byApi(isOn(queryOf(request)['skip_merge_validation']));
    const known = memberAt(mailchimp, subscriberHash(email));
    // An archived member can be added again.
    if (known !== undefined && known.status !== 'archived') throw memberExists(email);
    const member =
      known === undefined
        ? insertMember(mailchimp, sent, firstStanding(status, 'api'), manner)
        : updateMember(mailchimp, known, sent, manner);
    did(request, 'created');
    return cutFields(memberShape(mailchimp, member), queryOf(request));
  });

  scope.get('/members/:member', async (request) =>
    cutFields(memberShape(mailchimp, findMember(mailchimp, paramOf(request, 'member'))), queryOf(request)),
  );

  scope.put('/members/:member', async (request) => {
    const { email_address: email, ...sent } = bodyAs(request, memberBody);
    const known = memberAt(mailchimp, paramOf(request, 'member'));
    if (known === undefined) refuseNewcomer(email);
    // If PUT must not change addresses, leave out the address.
    const moves = known === undefined || mailchimp.settings.putMovesAddress;
    const values = moves && email !== undefined ? { ...sent, email_address: email } : sent;
    const manner = byApi(isOn(queryOf(request)['skip_merge_validation']));
    const { kind, member } = upsertMember(mailchimp, known, values, manner);
    did(request, kind);
    return cutFields(memberShape(mailchimp, member), queryOf(request));
  });

  /** Checks a PUT that would create a member. Throws Problem 400. */
  const refuseNewcomer = (email: string | undefined): void => {
    if (email === undefined || email === '') {
      throw invalidFields([{ field: 'email_address', message: 'This value should not be blank.' }]);
    }
    if (memberAt(mailchimp, email.trim()) !== undefined) throw memberExists(email);
  };

  scope.patch('/members/:member', async (request) => {
    const before = findMember(mailchimp, paramOf(request, 'member'));
    const manner = byApi(isOn(queryOf(request)['skip_merge_validation']));
    const member = updateMember(mailchimp, before, bodyAs(request, memberBody), manner);
    did(request, 'updated');
    return cutFields(memberShape(mailchimp, member), queryOf(request));
  });

  scope.delete('/members/:member', async (request, reply) => {
    archiveMember(mailchimp, findMember(mailchimp, paramOf(request, 'member')), 'api');
    did(request, 'archived');
    return reply.code(204).send();
  });

  scope.post('/members/:member/actions/delete-permanent', async (request, reply) => {
    forgetMember(mailchimp, findMember(mailchimp, paramOf(request, 'member')), 'api');
    did(request, 'forgotten');
    return reply.code(204).send();
  });
}
