import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { answer, bodyOf, did, idOf, queryOf, textOf } from './http.ts';
import type { Mautic } from './mautic.ts';
import { PhpArray, toInt, truthy } from './php.ts';
import { type Field, fieldTypes } from './records.ts';
import { invalid, notFound } from './refusal.ts';
import { aliasOf } from './segments.ts';
import { fieldOf } from './standard-fields.ts';

const PAGE = 30;

/** A field as 4.4 to 5.1.1 show it: spelt `isUniqueIdentifier`, and without its character limit. */
const fieldShape = (field: Field) => ({
  isPublished: field.isPublished,
  dateAdded: null,
  dateModified: null,
  createdBy: null,
  createdByUser: null,
  modifiedBy: null,
  modifiedByUser: null,
  id: field.id,
  label: field.label,
  alias: field.alias,
  type: field.type,
  group: field.group,
  order: field.id,
  object: 'lead',
  defaultValue: field.defaultValue,
  isRequired: false,
  isFixed: field.isFixed,
  isListable: true,
  isVisible: true,
  isShortVisible: false,
  isUniqueIdentifier: field.isUniqueIdentifier,
  isPubliclyUpdatable: false,
  properties: new PhpArray(Object.entries(field.properties)),
});

const newField = z.object({
  label: z.string().trim().min(1),
  alias: z.string().trim().default(''),
  type: z.enum(fieldTypes).default('text'),
  group: z.enum(['core', 'social', 'personal', 'professional']).default('core'),
  /** The column's misspelt name; a request may use either spelling. */
  isUniqueIdentifer: z.unknown().optional(),
  isUniqueIdentifier: z.unknown().optional(),
  isPublished: z.unknown().default(true),
  defaultValue: z.union([z.string(), z.number()]).nullable().default(null),
  charLengthLimit: z.coerce.number().int().min(1).max(191).nullish(),
  properties: z.record(z.string(), z.unknown()).catch({}).default({}),
});

export type NewField = z.input<typeof newField>;

/** Throws Refusal 400, also if the alias is taken. */
export function createField({ store }: Mautic, sent: unknown): Field {
  const parsed = newField.safeParse(sent);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => [String(path[0] ?? 'label'), [message]] as const);
    throw invalid(400, Object.fromEntries(errors));
  }
  const { alias, charLengthLimit, isUniqueIdentifer, isUniqueIdentifier, isPublished, ...rest } = parsed.data;
  const wanted = aliasOf(alias === '' ? rest.label : alias, '_');
  if (store.fields.by('alias', wanted).length > 0) throw invalid(400, { alias: ['This alias is already in use.'] });
  return store.fields.save(
    fieldOf(store.fields.nextId(), {
      ...rest,
      alias: wanted,
      isUniqueIdentifier: truthy(isUniqueIdentifer) || truthy(isUniqueIdentifier),
      isPublished: truthy(isPublished),
      ...(charLengthLimit === undefined || charLengthLimit === null ? {} : { charLengthLimit }),
    }),
  );
}

/** The contact fields. */
export function addFieldRoutes(scope: FastifyInstance, mautic: Mautic): void {
  const { store } = mautic;

  scope.get('/fields/contact', async (request, reply) => {
    const query = queryOf(request);
    const start = Math.max(0, toInt(textOf(query, 'start') ?? 0));
    const page = store.fields.all().slice(start, start + toInt(textOf(query, 'limit') ?? PAGE));
    return answer(reply, {
      total: store.fields.all().length,
      fields: new PhpArray(page.map((field) => [field.id, fieldShape(field)])),
    });
  });

  scope.get('/fields/contact/:id', async (request, reply) => {
    const field = store.fields.find(idOf(request));
    if (field === undefined) throw notFound();
    return answer(reply, { field: fieldShape(field) });
  });

  scope.post('/fields/contact/new', async (request, reply) => {
    const field = createField(mautic, bodyOf(request));
    did(request, 'created');
    return answer(reply.code(201), { field: fieldShape(field) });
  });
}
