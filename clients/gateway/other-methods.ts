import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Collects the routes of a server. To be called before they are added. */
export function collectRoutes(app: FastifyInstance): (request: FastifyRequest) => readonly string[] {
  const routes: { readonly methods: readonly string[]; readonly path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    routes.push({ methods: [method].flat(), path: pathOf(url) });
  });
  return ({ url }) => {
    const path = url.split('?', 1)[0] ?? '';
    return [...new Set(routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods))];
  };
}

/** `/v1/sync/:process` and the like; fastify's parameters never contain a slash. */
function pathOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)));
  return new RegExp(`^${parts.join('/')}/?$`);
}

/** The path exists, but not with this method (RFC 9110, 405): the answer lists those that it has. */
export function allow(reply: FastifyReply, methods: readonly string[]): void {
  void reply.header('allow', methods.toSorted().join(', '));
}
