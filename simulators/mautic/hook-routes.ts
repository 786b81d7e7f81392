import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { answer, bodyOf, did, idOf } from './http.ts';
import type { Mautic } from './mautic.ts';
import { PhpArray, truthy } from './php.ts';
import type { Hook } from './records.ts';
import { invalid, notFound } from './refusal.ts';
import { webhookEvents } from './webhooks.ts';

const hookShape = (hook: Hook) => ({
  isPublished: hook.isPublished,
  id: hook.id,
  name: hook.name,
  description: hook.description,
  webhookUrl: hook.webhookUrl,
  secret: hook.secret,
  eventsOrderbyDir: null,
  category: null,
  triggers: hook.triggers,
});

const values = z.object({
  name: z.string().trim().min(1),
  description: z.string().nullable().default(null),
  webhookUrl: z.url({ protocol: /^https?$/ }),
  secret: z.string().min(1).optional(),
  triggers: z.array(z.enum(webhookEvents)).min(1),
  isPublished: z.unknown().default(true),
});

export type NewHook = z.input<typeof values>;

/** Throws Refusal 400. Without a secret, Mautic generates one. */
export function saveHook({ store }: Mautic, sent: unknown, before?: Hook): Hook {
  const parsed = values.safeParse({ ...before, ...z.record(z.string(), z.unknown()).catch({}).parse(sent) });
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => [String(path[0] ?? 'name'), [message]] as const);
    throw invalid(400, Object.fromEntries(errors));
  }
  const { secret = randomBytes(32).toString('hex'), isPublished, ...rest } = parsed.data;
  const published = truthy(isPublished);
  return store.hooks.save({
    ...rest,
    secret,
    isPublished: published,
    id: before?.id ?? store.hooks.nextId(),
    failures: published ? 0 : (before?.failures ?? 0),
  });
}

/** The webhooks. */
export function addHookRoutes(scope: FastifyInstance, mautic: Mautic): void {
  const { store } = mautic;
  const find = (id: number): Hook => {
    const hook = store.hooks.find(id);
    if (hook === undefined) throw notFound();
    return hook;
  };

  scope.get('/hooks', async (_request, reply) => {
    const hooks = store.hooks.all();
    return answer(reply, {
      total: hooks.length,
      hooks: new PhpArray(hooks.map((hook) => [hook.id, hookShape(hook)])),
    });
  });
  scope.get('/hooks/triggers', async (_request, reply) =>
    answer(reply, { triggers: Object.fromEntries(webhookEvents.map((event) => [event, { label: event }])) }),
  );
  scope.get('/hooks/:id', async (request, reply) => answer(reply, { hook: hookShape(find(idOf(request))) }));
  scope.post('/hooks/new', async (request, reply) => {
    const hook = saveHook(mautic, bodyOf(request));
    did(request, 'created');
    return answer(reply.code(201), { hook: hookShape(hook) });
  });
  scope.route({
    method: ['PATCH', 'PUT'],
    url: '/hooks/:id/edit',
    handler: async (request, reply) => {
      const hook = saveHook(mautic, bodyOf(request), find(idOf(request)));
      did(request, 'updated');
      return answer(reply, { hook: hookShape(hook) });
    },
  });
  scope.delete('/hooks/:id/delete', async (request, reply) => {
    const hook = find(idOf(request));
    store.hooks.remove(hook.id);
    did(request, 'deleted');
    return answer(reply, { hook: { ...hookShape(hook), id: null } });
  });
}
