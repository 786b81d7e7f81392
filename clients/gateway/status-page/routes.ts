import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '@temporalio/client';
import type { Orm } from '../../../database/orm.ts';
import { readProcessStates } from '../../../database/records/process-states.ts';
import type { NamedToken } from '../../../settings/named-tokens.ts';
import type { CommonSettings } from '../../../settings/schema.ts';
import { ENTITY_TYPES, type EntityRef } from '../../../sync/entity-type.ts';
import type { SyncProcessName } from '../../../sync/sync-process-name.ts';
import { TARGETS } from '../../../targets/index.ts';
import { describeExplanation } from '../../cli/why.ts';
import { explain } from '../../why.ts';
import { auditCaller, auditDetails } from '../audit.ts';
import { tokenOf } from '../on-demand/bearer.ts';
import { pathParameters } from '../on-demand/schemas.ts';
import type { Protection } from '../on-demand/routes.ts';
import { callsPerMinute } from '../rate-limits.ts';
import type { Html } from './html.ts';
import { loginPage, overviewPage, problemPage, whyPage, type Shown } from './pages.ts';
import { OverviewReader, type Overview } from './read-overview.ts';
import { endedCookie, sessionCookie, sessionIn } from './session-cookie.ts';
import { STYLE } from './style.ts';

export interface StatusPage {
  readonly orm: Orm;
  readonly temporal: Client;
  readonly settings: CommonSettings;
  /** All of them are valid. */
  readonly tokens: readonly NamedToken[];
  /** Which server cannot be reached, in an operator's words; null for any other error. */
  readonly unreachable: (error: unknown) => string | null;
}

/** A page costs several statements, however many people look at it. */
const KEPT_MS = 5_000;

/** Nothing but the page's own style sheet is loaded, no script runs, and no other page frames it or gets its address. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** `/`: how everything stands, for people with a token and a browser. Read-only. */
export function addStatusPage(
  app: FastifyInstance,
  parts: StatusPage,
  { before, log, lockOut, now }: Protection,
): void {
  const { orm, temporal, settings, tokens } = parts;
  const reader = new OverviewReader(parts);
  let kept: { readonly overview: Promise<Overview>; readonly until: number } | null = null;
  const typeNames = ENTITY_TYPES.filter((type) =>
    TARGETS.some(({ process }) => process.mappings.some((mapping) => mapping.type === type)),
  );
  app.get('/status.css', async (_request, reply) =>
    reply
      .headers({ ...HEADERS, 'cache-control': 'public, max-age=300' })
      .type('text/css; charset=utf-8')
      .send(STYLE),
  );

  void app.register(async (pages) => {
    before(pages);
    pages.addHook('onRequest', pages.rateLimit(callsPerMinute(settings.GATEWAY_CALLS_PER_MINUTE)));
    pages.addHook('onRequest', async (request) => {
      const who = whoIn(request);
      if (who !== null) auditCaller(request, who);
    });
    pages.setErrorHandler((error: FastifyError, request, reply) => {
      const reason = parts.unreachable(error);
      const status = error.statusCode ?? (reason === null ? 500 : 503);
      if (status >= 500) log.warn({ reason: reason ?? error.code ?? error.name }, 'the status page cannot be shown');
      return show(reply.code(status), problemPage(reason ?? `This did not work (${status}).`, whoIn(request)));
    });

    pages.get('/', async (request, reply) => {
      const who = whoIn(request);
      if (who === null) return show(reply, loginPage(null));
      if (kept === null || now() >= kept.until) kept = { overview: reader.read(now()), until: now() + KEPT_MS };
      return show(reply, overviewPage(await kept.overview, shownTo(who)));
    });

    pages.get('/why', async (request, reply) => {
      const who = whoIn(request);
      if (who === null) return reply.headers(HEADERS).redirect('/', 303);
      const asked = pathParameters.pick({ type: true, id: true }).safeParse(request.query);
      if (!asked.success)
        return show(reply.code(400), problemPage('Give a type, and the id of an EMS row: a whole number.', who));
      const ref = { type: asked.data.type, key: asked.data.id };
      return show(reply, whyPage(ref, await explained(ref), shownTo(who)));
    });

    // Read before the token is known.
    pages.post('/login', { bodyLimit: 4_096 }, async (request, reply) => {
      const address = request.ip;
      if (lockOut.lockedForMs(address, now()) > 0) {
        auditDetails(request, { reason: 'locked out' });
        return show(
          reply.code(429),
          loginPage('Too many invalid tokens came from here. Try again in a quarter of an hour.'),
        );
      }
      const token = new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '').get(
        'token',
      );
      const named = token === null ? null : tokenOf(token.trim(), tokens);
      if (named === null) {
        if (lockOut.failed(address, now()))
          log.warn({ address }, 'an address has presented too many invalid tokens and is locked out');
        auditDetails(request, { reason: 'invalid token' });
        return show(reply.code(401), loginPage('This token is not valid.'));
      }
      auditCaller(request, named.name);
      const cookie = sessionCookie(named, request.hostname, now());
      return reply.headers({ ...HEADERS, 'set-cookie': cookie }).redirect('/', 303);
    });

    pages.post('/logout', { bodyLimit: 1_024 }, async (request, reply) =>
      reply.headers({ ...HEADERS, 'set-cookie': endedCookie(request.hostname) }).redirect('/', 303),
    );
  });

  const whoIn = ({ headers }: FastifyRequest) => sessionIn(headers.cookie, tokens, now());

  const shownTo = (who: string): Shown => ({ who, links: settings, typeNames });

  /** By every process that has the type, and is on or has a record from when it was. */
  async function explained(ref: EntityRef) {
    const states = await readProcessStates(orm.em.fork());
    const isOn = (process: SyncProcessName) => states.some(({ name, isOn }) => name === process && isOn);
    const processes = TARGETS.map(({ process }) => process).filter(({ mappings }) =>
      mappings.some(({ type }) => type === ref.type),
    );
    const all = await Promise.all(
      processes.map((process) => explain({ orm, client: temporal, settings }, process, ref)),
    );
    return all
      .filter(({ process, inEms, record }) => record !== null || (inEms && isOn(process)))
      .map((explanation) => ({
        process: explanation.process,
        text: describeExplanation(ref, explanation),
        link: explanation.workflow.link,
      }));
  }
}

function show(reply: FastifyReply, page: Html): FastifyReply {
  return reply.headers(HEADERS).type('text/html; charset=utf-8').send(page.text);
}
