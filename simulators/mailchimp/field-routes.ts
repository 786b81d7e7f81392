import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { cutFields } from './cut-fields.ts';
import { bodyAs, did, paramOf, queryOf } from './http.ts';
import type { Mailchimp } from './mailchimp.ts';
import { pageOf } from './paging.ts';
import { invalid, invalidFields, notFound } from './problem.ts';
import { type MergeField, mergeTypes } from './records.ts';
import { fieldOptions } from './setup.ts';

const MAX_TAG = 10;

const fieldBody = z.object({
  tag: z.string().optional(),
  name: z.string(),
  type: z.enum(mergeTypes),
  required: z.boolean().optional(),
  default_value: z.string().optional(),
  public: z.boolean().optional(),
  help_text: z.string().optional(),
  options: fieldOptions.optional(),
});

export type FieldBody = z.output<typeof fieldBody>;

/** Merge fields of the list. Their pages, too, have ten items by default. */
export function addFieldRoutes(scope: FastifyInstance, mailchimp: Mailchimp): void {
  const { store, list } = mailchimp;

  const shape = (field: MergeField) => {
    const { id, ...rest } = field;
    const href = `/3.0/lists/${list.id}/merge-fields/${id}`;
    return {
      merge_id: id,
      ...rest,
      display_order: id + 1,
      list_id: list.id,
      _links: [{ rel: 'self', href, method: 'GET' }],
    };
  };
  const find = (text: string): MergeField => {
    const field = store.mergeFields.find(Number(text));
    if (field === undefined) throw notFound();
    return field;
  };

  scope.get('/merge-fields', async (request) => {
    const query = queryOf(request);
    const rows = store.mergeFields
      .all()
      .filter(({ type }) => query['type'] === undefined || type === query['type'])
      .filter(({ required }) => query['required'] === undefined || String(required) === query['required']);
    const body = { merge_fields: pageOf(rows, query).map(shape), list_id: list.id, total_items: rows.length };
    return cutFields(body, query);
  });

  scope.get('/merge-fields/:id', async (request) => cutFields(shape(find(paramOf(request, 'id'))), queryOf(request)));

  scope.post('/merge-fields', async (request) => {
    const field = createMergeField(mailchimp, bodyAs(request, fieldBody));
    did(request, 'created');
    return shape(field);
  });

  scope.patch('/merge-fields/:id', async (request) => {
    const before = find(paramOf(request, 'id'));
    const sent = bodyAs(request, fieldBody.partial());
    const { tag: _tag, type: _type, ...changes } = sent;
    const tag =
      sent.tag === undefined || sent.tag.toUpperCase() === before.tag ? before.tag : newTag(mailchimp, sent.tag);
    // A field's type never changes.
    const field = store.mergeFields.save({ ...before, ...defined(changes), tag });
    if (tag !== before.tag) moveValues(mailchimp, before.tag, tag);
    did(request, 'updated');
    return shape(field);
  });

  scope.delete('/merge-fields/:id', async (request, reply) => {
    deleteMergeField(mailchimp, find(paramOf(request, 'id')));
    did(request, 'deleted');
    return reply.code(204).send();
  });
}

const defined = (changes: Partial<MergeField>): Partial<MergeField> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

/** Deletes its values too. */
export function deleteMergeField(mailchimp: Mailchimp, { id, tag }: MergeField): void {
  mailchimp.store.mergeFields.remove(id);
  moveValues(mailchimp, tag, undefined);
}

/** Does not count as a change of the member: neither `last_changed` nor a webhook. */
function moveValues({ store }: Mailchimp, from: string, to: string | undefined): void {
  for (const member of store.members.all()) {
    const { [from]: value, ...rest } = member.mergeFields;
    if (value === undefined) continue;
    store.members.save({ ...member, mergeFields: to === undefined ? rest : { ...rest, [to]: value } });
  }
}

/** Throws Problem 400. */
export function createMergeField(mailchimp: Mailchimp, sent: FieldBody): MergeField {
  const { store, settings } = mailchimp;
  if (store.mergeFields.all().length >= settings.maxMergeFields) {
    throw invalid(`This list already has the maximum of ${settings.maxMergeFields} merge fields.`);
  }
  if (sent.name.trim() === '') throw invalidFields([{ field: 'name', message: 'This value should not be blank.' }]);
  const needsChoices = sent.type === 'radio' || sent.type === 'dropdown';
  if (needsChoices && (sent.options?.choices ?? []).length === 0) {
    throw invalidFields([{ field: 'options.choices', message: 'This value should not be blank.' }]);
  }
  const tag = sent.tag === undefined ? undefined : newTag(mailchimp, sent.tag);
  const id = store.mergeFields.nextId();
  return store.mergeFields.save({
    id,
    tag: tag ?? `MMERGE${id}`,
    name: sent.name,
    type: sent.type,
    required: sent.required ?? false,
    default_value: sent.default_value ?? '',
    public: sent.public ?? false,
    help_text: sent.help_text ?? '',
    options: { ...optionsOf(sent.type), ...sent.options },
  });
}

const optionsOf = (type: MergeField['type']): MergeField['options'] => {
  if (type === 'phone') return { phone_format: 'US' };
  if (type === 'date') return { date_format: 'MM/DD/YYYY' };
  return type === 'birthday' ? { date_format: 'MM/DD' } : {};
};

function newTag({ store }: Mailchimp, sent: string): string {
  const tag = sent.trim().toUpperCase();
  if (tag.length > MAX_TAG || !/^[A-Z][A-Z0-9_]*$/.test(tag)) {
    throw invalidFields([{ field: 'tag', message: `Please use at most ${MAX_TAG} letters, digits and underscores` }]);
  }
  if (tag === 'EMAIL' || store.mergeFields.by('tag', tag).length > 0) {
    throw invalid(`A Merge Field with the tag "${tag}" already exists for this list.`);
  }
  return tag;
}
