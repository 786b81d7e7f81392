import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Chatwoot, lagOf } from './chatwoot.ts';
import { findInbox, giveAddress } from './addresses.ts';
import { resolved, searched, sorted } from './contact-lists.ts';
import { contactValues } from './contact-rules.ts';
import {
  createContact,
  deleteContact,
  findContact,
  labelContact,
  mergeContacts,
  removeAttributes,
  updateContact,
} from './contact-writes.ts';
import { contactAttributes, filterBody, filtered } from './filter.ts';
import { bodyAs, did, idOf, queryOf, sendNothing } from './http.ts';
import { pageOf } from './paging.ts';
import type { Contact, ContactInbox } from './records.ts';
import { couldNotCreate } from './refusal.ts';
import { contactInboxOf, contactShape, contactWithInboxes } from './shapes.ts';

const PAGE = 15;

const address = z.object({ inbox_id: z.coerce.number().nullish(), source_id: z.string().nullish() });
const labelsBody = z.object({ labels: z.array(z.string()).catch([]) });
const mergeBody = z.object({ base_contact_id: z.coerce.number(), mergee_contact_id: z.coerce.number() });
const attributeNames = z.object({ custom_attributes: z.array(z.string()).catch([]) });

/** Contacts, their labels and merges. */
export function addContactRoutes(scope: FastifyInstance, chatwoot: Chatwoot): void {
  const { store, random, clock } = chatwoot;
  const contactOf = (request: FastifyRequest): Contact => findContact(chatwoot, idOf(request));

  const page = (request: FastifyRequest, contacts: readonly Contact[]) => {
    const { page: number, sort } = queryOf(request);
    return {
      meta: { count: contacts.length, current_page: number ?? 1 },
      payload: pageOf(sorted(contacts, sort, random), number, PAGE).map((one) => contactWithInboxes(chatwoot, one)),
    };
  };

  /** Creates the address in the same transaction as the contact. */
  const addressOrUndo = (contact: Contact, inboxId: number, sourceId: string | undefined): ContactInbox => {
    try {
      return giveAddress(chatwoot, contact, inboxId, sourceId);
    } catch (error) {
      store.contacts.remove(contact.id);
      throw error;
    }
  };

  scope.get('/contacts', async (request) => {
    return page(request, resolved(store.contacts.allBefore(lagOf(chatwoot, request))));
  });

  scope.get('/contacts/search', async (request) => {
    const { q = '', page: number } = queryOf(request);
    if (q.trim() === '') throw couldNotCreate('Specify search string with parameter q');
    const found = searched(store.contacts.allBefore(lagOf(chatwoot, request)), q);
    const { meta, payload } = page(request, found);
    const has_more = pageOf(found, String((Number(number) || 1) + 1), PAGE).length > 0;
    return { meta: { ...meta, count: payload.length, has_more }, payload };
  });

  scope.post('/contacts/filter', async (request) => {
    const { payload } = bodyAs(request, filterBody);
    const definitions = store.definitions.all().filter((one) => one.attribute_model === 'contact_attribute');
    const all = resolved(store.contacts.allBefore(lagOf(chatwoot, request)));
    return page(request, filtered(all, payload, contactAttributes, definitions, clock.now()));
  });

  scope.post('/contacts', async (request) => {
    const { inbox_id, source_id } = bodyAs(request, address);
    if (inbox_id) findInbox(inbox_id);
    const contact = await createContact(chatwoot, bodyAs(request, contactValues), { request });
    const contactInbox = inbox_id ? addressOrUndo(contact, inbox_id, source_id ?? undefined) : undefined;
    did(request, 'created');
    return {
      payload: {
        contact: contactWithInboxes(chatwoot, findContact(chatwoot, contact.id)),
        contact_inbox: contactInbox === undefined ? { inbox: null, source_id: null } : contactInboxOf(contactInbox),
      },
    };
  });

  scope.get('/contacts/:id', async (request) => ({ payload: contactWithInboxes(chatwoot, contactOf(request)) }));

  scope.route({
    method: ['PUT', 'PATCH'],
    url: '/contacts/:id',
    handler: async (request) => {
      const before = contactOf(request);
      const contact = await updateContact(chatwoot, before, bodyAs(request, contactValues), { request });
      did(request, contact === before ? 'unchanged' : 'updated');
      return { payload: contactWithInboxes(chatwoot, contact) };
    },
  });

  scope.delete('/contacts/:id', async (request, reply) => {
    deleteContact(chatwoot, contactOf(request));
    did(request, 'deleted');
    return sendNothing(reply);
  });

  scope.post('/contacts/:id/destroy_custom_attributes', async (request) => {
    const { custom_attributes } = bodyAs(request, attributeNames);
    const contact = await removeAttributes(chatwoot, contactOf(request), custom_attributes, { request });
    did(request, 'updated');
    return { payload: contactWithInboxes(chatwoot, contact) };
  });

  scope.get('/contacts/:id/labels', async (request) => ({ payload: contactOf(request).labels }));
  scope.post('/contacts/:id/labels', async (request) => {
    const { labels } = labelContact(chatwoot, contactOf(request), bodyAs(request, labelsBody).labels);
    did(request, 'labelled');
    return { payload: labels };
  });

  scope.post('/actions/contact_merge', async (request) => {
    const { base_contact_id, mergee_contact_id } = bodyAs(request, mergeBody);
    const base = findContact(chatwoot, base_contact_id);
    const merged = mergeContacts(chatwoot, base, findContact(chatwoot, mergee_contact_id));
    did(request, 'merged');
    return contactShape(chatwoot, merged);
  });
}
