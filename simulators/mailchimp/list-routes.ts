import type { FastifyInstance } from 'fastify';
import { cutFields } from './cut-fields.ts';
import { bodyAs, did, isOn, queryOf } from './http.ts';
import { listBatchBody, writeListBatch } from './list-batch.ts';
import type { Mailchimp } from './mailchimp.ts';
import { byApi } from './member-writes.ts';
import { abuseReportShape, listShape } from './list-shape.ts';
import { pageOf } from './paging.ts';

/** The list, and the call that writes up to 500 of its members. */
export function addListRoutes(scope: FastifyInstance, mailchimp: Mailchimp): void {
  scope.get('/', async (request) => cutFields(listShape(mailchimp), queryOf(request)));

  scope.get('/abuse-reports', async (request) => {
    const query = queryOf(request);
    const reports = mailchimp.store.abuseReports.all();
    const shown = pageOf(reports, query).map((report) => abuseReportShape(mailchimp, report));
    return cutFields({ abuse_reports: shown, list_id: mailchimp.list.id, total_items: reports.length }, query);
  });

  scope.post('/', async (request) => {
    const query = queryOf(request);
    const answer = writeListBatch(mailchimp, {
      ...bodyAs(request, listBatchBody),
      manner: byApi(isOn(query['skip_merge_validation'])),
      skipDuplicateCheck: isOn(query['skip_duplicate_check']),
    });
    did(request, `${answer.total_created} created, ${answer.total_updated} updated, ${answer.error_count} refused`);
    return cutFields(answer, query);
  });
}
