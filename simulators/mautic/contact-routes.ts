import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Sent, contactsIdentifiedBy } from './contact-form.ts';
import { ordered, searchOf, whereOf } from './contact-query.ts';
import { contactShape, segmentsShape } from './contact-shape.ts';
import { type Written, deleteContact, findContact, writeContact } from './contact-writes.ts';
import { answer, bodyOf, did, idOf, queryOf, textOf } from './http.ts';
import { type Mautic, lagOf } from './mautic.ts';
import { PhpArray, type PhpQuery, isoOf, phpEncode, toInt } from './php.ts';

const PAGE = 30;

/** Contacts, singly and in lists. */
export function addContactRoutes(scope: FastifyInstance, mautic: Mautic): void {
  const { store, totals } = mautic;

  const written = (request: FastifyRequest, reply: FastifyReply, result: Written): FastifyReply => {
    if (result.kind === 'refused') throw result.refusal;
    did(request, result.kind);
    if (result.kind === 'created') {
      reply.code(201).header('location', `${originOf(request)}/api/contacts/${result.contact.id}`);
    }
    return answer(reply, { contact: contactShape(mautic, result.contact) });
  };

  scope.get('/contacts', async (request, reply) => {
    const query = queryOf(request);
    const search = textOf(query, 'search') ?? '';
    const holds = whereOf(mautic, query['where']);
    const found = searchOf(mautic, search);
    const rows = store.contacts.allBefore(lagOf(mautic, request)).filter((one) => holds(one) && found(one));
    const sorted = ordered(mautic, rows, textOf(query, 'orderBy') ?? '', textOf(query, 'orderByDir') ?? 'ASC');
    const start = Math.max(0, toInt(textOf(query, 'start') ?? 0));
    const limit = toInt(textOf(query, 'limit') ?? PAGE);
    const page = limit > 0 ? sorted.slice(start, start + limit) : sorted;
    const key = `${search} ${phpEncode(query['where'] ?? {})}`;
    return answer(reply, {
      total: String(totals.of(key, mautic.settings.totalSeconds, () => rows.length)),
      // No result is an empty object, not a list.
      contacts:
        page.length === 0 ? {} : new PhpArray(page.map((contact) => [contact.id, contactShape(mautic, contact)])),
    });
  });

  scope.post('/contacts/new', async (request, reply) => {
    const sent: Sent = bodyOf(request);
    const [known] = contactsIdentifiedBy(mautic, sent);
    const manner = { http: 'POST', form: 'POST' } as const;
    return written(request, reply, await writeContact(mautic, sent, known, manner, request));
  });

  scope.patch('/contacts/:id/edit', async (request, reply) => {
    const contact = findContact(mautic, idOf(request));
    const manner = { http: 'PATCH', form: 'PATCH' } as const;
    return written(request, reply, await writeContact(mautic, bodyOf(request), contact, manner, request));
  });

  scope.put('/contacts/:id/edit', async (request, reply) => {
    // If the contact is missing, creates one under a new id.
    const contact = store.contactOf(idOf(request));
    const manner = { http: 'PUT', form: 'PUT' } as const;
    return written(request, reply, await writeContact(mautic, bodyOf(request), contact, manner, request));
  });

  scope.get('/contacts/:id', async (request, reply) =>
    answer(reply, { contact: contactShape(mautic, findContact(mautic, idOf(request))) }),
  );

  scope.delete('/contacts/:id/delete', async (request, reply) => {
    const contact = findContact(mautic, idOf(request));
    deleteContact(mautic, contact);
    did(request, 'deleted');
    return answer(reply, { contact: contactShape(mautic, contact, null) });
  });

  scope.get('/contacts/:id/activity', async (request, reply) => {
    const contact = findContact(mautic, idOf(request));
    const { filters, limit } = queryOf(request);
    const included = includedIn(filters);
    const mails = included.length === 0 || included.includes('email.sent') ? contact.mails : [];
    const most = toInt(limit ?? 25);
    return answer(reply, {
      events: mails
        .toReversed()
        .slice(0, most)
        .map((at, index) => mailEvent(contact.id, at, mails.length - index)),
      filters: { search: '', includeEvents: included, excludeEvents: [] },
      order: ['timestamp', 'DESC'],
      types: { 'email.sent': 'Email sent' },
      total: mails.length,
      page: 1,
      limit: most,
      maxPages: Math.ceil(mails.length / most),
    });
  });

  scope.get('/contacts/:id/segments', async (request, reply) => {
    const lists = segmentsShape(mautic, findContact(mautic, idOf(request)).segments);
    return answer(reply, { total: lists.entries.length, lists });
  });
}

const includedIn = (filters: string | PhpQuery | undefined): string[] => {
  const included = typeof filters === 'object' ? filters['includeEvents'] : undefined;
  return typeof included === 'object' ? Object.values(included).map(String) : [];
};

const mailEvent = (contactId: number, at: number, number: number) => ({
  event: 'email.sent',
  eventId: `email.sent${number}`,
  eventLabel: { label: 'Newsletter', href: `/email/view/${contactId}-${number}`, isExternal: true },
  eventType: 'Email sent',
  timestamp: isoOf(at),
  extra: { stat: { id: String(number), dateSent: isoOf(at), isRead: '0', isFailed: '0' }, type: 'sent' },
  icon: 'fa-envelope',
  contactId: String(contactId),
});

/** The URL under which this Mautic was called. */
const originOf = (request: FastifyRequest): string => `http://${request.headers.host ?? 'localhost'}`;
