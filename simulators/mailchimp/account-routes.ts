import type { FastifyInstance } from 'fastify';
import { cutFields } from './cut-fields.ts';
import { queryOf } from './http.ts';
import { listShape } from './list-shape.ts';
import { type Mailchimp, lagOf } from './mailchimp.ts';
import { memberShape } from './member-shape.ts';
import { pageOf } from './paging.ts';
import type { Member } from './records.ts';

/** Account-wide endpoints: ping, the lists, the search over all lists. */
export function addAccountRoutes(scope: FastifyInstance, mailchimp: Mailchimp): void {
  const { store, list } = mailchimp;

  scope.get('/ping', async () => ({ health_status: "Everything's Chimpy!" }));

  scope.get('/', async () => ({ account_id: 'simulated', account_name: list.name, pro_enabled: false }));

  scope.get('/lists', async (request) => {
    const body = { lists: pageOf([listShape(mailchimp)], queryOf(request)), total_items: 1 };
    return cutFields(body, queryOf(request));
  });

  scope.get('/search-members', async (request) => {
    const query = queryOf(request);
    const text = (query['query'] ?? '').toLowerCase();
    const elsewhere = query['list_id'] !== undefined && query['list_id'] !== list.id;
    const rows = elsewhere ? [] : store.members.allBefore(lagOf(mailchimp, request));
    const shown = (found: readonly Member[]) => ({
      members: found.map((member) => memberShape(mailchimp, member)),
      total_items: found.length,
    });
    const listed = rows.filter(({ status }) => status !== 'archived');
    const body = {
      exact_matches: shown(listed.filter(({ email }) => email.toLowerCase() === text)),
      full_search: shown(text === '' ? [] : listed.filter((member) => searched(member).includes(text))),
    };
    return cutFields(body, query);
  });
}

const searched = ({ email, mergeFields }: Member): string =>
  [email, ...Object.values(mergeFields)]
    .filter((value) => typeof value === 'string')
    .join(' ')
    .toLowerCase();
