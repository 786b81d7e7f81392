import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findContact } from './contact-writes.ts';
import { answer, bodyOf, did, idOf, queryOf, textOf } from './http.ts';
import type { Mautic } from './mautic.ts';
import { PhpArray, toInt } from './php.ts';
import { badRequest, invalid } from './refusal.ts';
import { segmentShape } from './segment-shape.ts';
import { createSegment, findSegment, moveInSegment, openSegment } from './segments.ts';

const PAGE = 30;

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** Segments and their members. */
export function addSegmentRoutes(scope: FastifyInstance, mautic: Mautic): void {
  const { store } = mautic;

  scope.get('/segments', async (request, reply) => {
    const query = queryOf(request);
    const search = (textOf(query, 'search') ?? '').toLowerCase();
    const all = store.segments
      .all()
      .filter(({ name, alias }) => name.toLowerCase().includes(search) || alias.includes(search));
    const start = Math.max(0, toInt(textOf(query, 'start') ?? 0));
    const page = all.slice(start, start + toInt(textOf(query, 'limit') ?? PAGE));
    return answer(reply, {
      total: all.length,
      lists: new PhpArray(page.map((segment) => [segment.id, segmentShape(segment)])),
    });
  });

  scope.get('/segments/:id', async (request, reply) =>
    answer(reply, { list: segmentShape(findSegment(mautic, idOf(request))) }),
  );

  scope.post('/segments/new', async (request, reply) => {
    const { name, alias, description } = bodyOf(request);
    if (text(name) === '') throw invalid(400, { name: ['A name is required.'] });
    const segment = createSegment(mautic, {
      name: text(name),
      alias: text(alias),
      description: text(description) || null,
    });
    did(request, 'created');
    return answer(reply.code(201), { list: segmentShape(segment) });
  });

  const move = (request: FastifyRequest, action: 'added' | 'removed'): void => {
    const segment = openSegment(mautic, idOf(request));
    const contact = findContact(mautic, idOf(request, 'contact'));
    const after = moveInSegment(mautic, contact, segment, action);
    did(request, after === contact ? 'unchanged' : action);
  };
  scope.post('/segments/:id/contact/:contact/add', async (request, reply) => {
    move(request, 'added');
    return answer(reply, { success: 1 });
  });
  scope.post('/segments/:id/contact/:contact/remove', async (request, reply) => {
    move(request, 'removed');
    return answer(reply, { success: 1 });
  });

  scope.post('/segments/:id/contacts/add', async (request, reply) => {
    const { ids } = bodyOf(request);
    if (typeof ids !== 'object' || ids === null) throw badRequest('Bad request. Please check your parameters: "ids".');
    const segment = openSegment(mautic, idOf(request));
    const details = Object.values(ids).map((sent: unknown) => {
      const contact = store.contactOf(toInt(sent));
      if (contact === undefined) return [toInt(sent), { success: false }] as const;
      moveInSegment(mautic, contact, segment, 'added');
      return [contact.id, { success: true }] as const;
    });
    did(request, `${details.filter(([, { success }]) => success).length} added`);
    return answer(reply, { success: 1, details: new PhpArray(details) });
  });
}
