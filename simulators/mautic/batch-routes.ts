import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Manner, type Sent, contactsIdentifiedBy } from './contact-form.ts';
import { contactShape, contactWithoutAll } from './contact-shape.ts';
import { type Written, deleteContact, writeContact } from './contact-writes.ts';
import { answer, bodyOf, did, queryOf } from './http.ts';
import type { Mautic } from './mautic.ts';
import { PhpArray, toInt } from './php.ts';
import type { Contact } from './records.ts';
import { Refusal, errorOf, notFound, serverError } from './refusal.ts';

const MOST = 200;

/** The outcome of one item. */
interface Outcome {
  readonly key: string;
  readonly code: number;
  readonly contact?: Contact;
  readonly error?: unknown;
  readonly kind: string;
}

const item = z.record(z.string(), z.unknown());

/** Mautic answers too many items, and items that are not objects, with a 500, not a 4xx. Throws Refusal 500. */
function itemsOf(parameters: Readonly<Record<string, unknown>>): readonly (readonly [string, Sent])[] {
  checkSize(Object.keys(parameters).length);
  return Object.entries(parameters).map(([key, value]) => {
    const { data } = item.safeParse(value);
    if (data === undefined) throw serverError(`Item ${key} of a batch is no contact.`);
    return [key, data] as const;
  });
}

function checkSize(count: number): void {
  if (count > MOST) {
    throw new Refusal(500, `Up to ${MOST} records may be created/edited at a time. Please split the request.`, {
      reason: `${count} items in a batch; ${MOST} are allowed.`,
    });
  }
}

/** @param refused an existing contact: the answer lists it even if its item was refused */
const outcomeOf = (key: string, written: Written, refused?: Contact): Outcome => {
  if (written.kind !== 'refused') {
    const { kind, contact } = written;
    return { key, kind, contact, code: kind === 'created' ? 201 : 200 };
  }
  return {
    key,
    kind: 'refused',
    code: written.refusal.status,
    error: { ...errorOf(written.refusal), type: written.refusal.type },
    ...(refused && { contact: refused }),
  };
};

/** A missing item is reported in another format than one whose form has errors. */
const missing = (key: string): Outcome => {
  const { message } = notFound();
  return { key, kind: 'not found', code: 404, error: { message, code: 404, type: 'api' } };
};

/**
 * Contacts and errors are keyed by the request's indexes, so either becomes an object if an earlier index is missing.
 */
function envelope(mautic: Mautic, outcomes: readonly Outcome[]) {
  const errors = outcomes.filter(({ error }) => error !== undefined);
  const contacts = outcomes.flatMap(({ key, kind, contact }) => {
    if (contact === undefined) return [];
    return [[key, kind === 'refused' ? contactWithoutAll(mautic, contact) : contactShape(mautic, contact)] as const];
  });
  return {
    contacts: new PhpArray(contacts),
    statusCodes: new PhpArray(outcomes.map(({ key, code }) => [key, code])),
    ...(errors.length === 0 ? {} : { errors: new PhpArray(errors.map(({ key, error }) => [key, error])) }),
  };
}

const summary = (outcomes: readonly Outcome[]): string =>
  [...new Set(outcomes.map(({ kind }) => kind))]
    .map((kind) => `${outcomes.filter((outcome) => outcome.kind === kind).length} ${kind}`)
    .join(', ');

/** Writes many contacts, one after another; each has its own status. */
export function addBatchRoutes(scope: FastifyInstance, mautic: Mautic): void {
  const { store } = mautic;

  scope.post('/contacts/batch/new', async (request, reply) => {
    const outcomes: Outcome[] = [];
    for (const [key, sent] of itemsOf(bodyOf(request))) {
      const [known] = contactsIdentifiedBy(mautic, sent);
      const manner: Manner = { http: 'POST', form: known === undefined ? 'POST' : 'PATCH' };
      outcomes.push(outcomeOf(key, await writeContact(mautic, sent, known, manner, request)));
    }
    did(request, summary(outcomes));
    return answer(reply.code(201), envelope(mautic, outcomes));
  });

  const edit = async (request: FastifyRequest, method: 'PATCH' | 'PUT'): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const [key, sent] of itemsOf(bodyOf(request))) {
      const contact = store.contactOf(toInt(sent['id']));
      if (contact === undefined && method === 'PATCH') {
        outcomes.push(missing(key));
        continue;
      }
      const manner = { http: method, form: method };
      outcomes.push(outcomeOf(key, await writeContact(mautic, sent, contact, manner, request), contact));
    }
    did(request, summary(outcomes));
    return outcomes;
  };
  scope.patch('/contacts/batch/edit', async (request, reply) =>
    answer(reply, envelope(mautic, await edit(request, 'PATCH'))),
  );
  scope.put('/contacts/batch/edit', async (request, reply) =>
    answer(reply, envelope(mautic, await edit(request, 'PUT'))),
  );

  scope.delete('/contacts/batch/delete', async (request, reply) => {
    const { ids } = { ids: '', ...queryOf(request) };
    const wanted = typeof ids === 'string' ? ids.split(',') : Object.values(ids).map(String);
    checkSize(wanted.length);
    const outcomes = wanted.map((id, index): Outcome => {
      const contact = store.contacts.find(toInt(id));
      return contact === undefined
        ? missing(String(index))
        : { key: String(index), kind: 'deleted', code: 200, contact };
    });
    // Build the answer before the deletion, so that it contains the ids.
    const { statusCodes: _none, ...body } = envelope(mautic, outcomes);
    for (const { contact } of outcomes) if (contact !== undefined) deleteContact(mautic, contact);
    did(request, summary(outcomes));
    return answer(reply, body);
  });
}
