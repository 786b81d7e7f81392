import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AnswerCheck } from './answers.ts';
import type { commonKnobs } from './faults.ts';
import { addHostileHeaders, hostileRefusal, hostileValue, oneOf } from './hostile.ts';
import type { JournalEntry } from './journal.ts';
import type { Surroundings } from './surroundings.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's journal entry; a handler sets its `outcome`. */
    journalEntry: JournalEntry;
  }
}

/** How the vendor formats an answer that a knob forces. */
export type VendorAnswer = (
  status: number,
  retryAfterSeconds: number | undefined,
) => { readonly headers: Readonly<Record<string, string>>; readonly body: unknown };

export interface FaultyApiOptions {
  /** Lower-case names of the request headers that the journal keeps. */
  readonly journalHeaders: readonly string[];
  readonly vendorAnswer: VendorAnswer;
  /** What the vendor can answer: any other answer becomes a 500, marked `misfit` in the journal. */
  readonly answers?: AnswerCheck | undefined;
}

/** Adds knobs, journal, concurrency counter and answer check to every route of this scope only. */
export function surroundApi(
  scope: FastifyInstance,
  surroundings: Surroundings<typeof commonKnobs>,
  options: FaultyApiOptions,
): void {
  const { clock, random, faults, journal, concurrency } = surroundings;
  const checked = { prefix: scope.prefix, answers: options.answers };

  const answersBefore = new AnswersBefore();

  const finish = (entry: JournalEntry, status: number | null): void => {
    if (entry.finished) return;
    entry.finished = true;
    entry.status = status;
    concurrency.leave();
  };

  const cut = (request: FastifyRequest, fault: string): void => {
    request.journalEntry.fault = fault;
    finish(request.journalEntry, null);
    request.raw.socket.destroy();
  };

  scope.addHook('onRequest', async (request, reply) => {
    concurrency.enter();
    const headers = options.journalHeaders.flatMap((name) => {
      const value = request.headers[name];
      return value === undefined ? [] : [[name, String(value)] as const];
    });
    request.journalEntry = journal.begin({
      at: clock.instant(),
      method: request.method,
      path: request.url,
      headers: Object.fromEntries(headers),
    });
    // Count the request as finished only when it is answered: work continues after the sender gave up, and its effect
    // is still to come.
    reply.raw.once('close', () => reply.raw.writableFinished && finish(request.journalEntry, reply.statusCode));
  });

  scope.addHook('preHandler', async (request, reply) => {
    const entry = request.journalEntry;
    entry.body = request.body ?? null;
    const target = { method: request.method, path: request.url };

    const latency = faults.take('latency', target);
    if (latency !== undefined) await sleep(latency.ms + Math.floor(random.next() * (latency.jitterMs ?? 0)));

    if (faults.take('failBefore', target) !== undefined) {
      reply.hijack();
      cut(request, 'failBefore');
      return reply;
    }

    const refusal = faults.take('hostileRefusal', target);
    if (refusal !== undefined) {
      entry.fault = 'hostileRefusal';
      const texts = oneOf(refusal.texts, random);
      const { headers, body } = options.vendorAnswer(refusal.status, undefined);
      addHostileHeaders(reply.code(refusal.status).headers(headers), texts);
      return reply.type('application/json').send(JSON.stringify(hostileRefusal(body, texts)));
    }

    const respond = faults.take('respond', target);
    if (respond === undefined) return undefined;
    entry.fault = 'respond';
    const answer = options.vendorAnswer(respond.status, respond.retryAfterSeconds);
    return reply
      .code(respond.status)
      .headers(answer.headers)
      .send(respond.body ?? answer.body);
  });

  scope.addHook('onSend', async (request, reply, payload) => {
    const entry = request.journalEntry;
    const target = { method: request.method, path: request.url };
    if (entry.fault === null && faults.take('failAfter', target) !== undefined) {
      cut(request, 'failAfter');
      return payload;
    }
    const misfit = entry.fault === null ? misfitOf(checked, request, reply, payload) : undefined;
    if (misfit !== undefined) {
      Object.assign(entry, { fault: 'misfit', outcome: misfit });
      reply.code(500).header('content-type', 'application/json').removeHeader('content-length');
      finish(entry, 500);
      return JSON.stringify({ simulator: 'This is not what the vendor answers.', misfit });
    }
    const hasBody = typeof payload === 'string' && payload !== '' && reply.statusCode >= 200 && reply.statusCode < 300;
    const another = hasBody ? answersBefore.exchange(request, reply, payload) : undefined;
    if (another !== undefined && entry.fault === null && faults.take('mixUp', target) !== undefined) {
      finish(entry, reply.statusCode);
      entry.fault = 'mixUp';
      reply.removeHeader('content-length');
      return another;
    }
    const garble = entry.fault === null && hasBody ? faults.take('garble', target) : undefined;
    const hostile =
      entry.fault === null && hasBody && garble === undefined ? faults.take('hostileAnswer', target) : undefined;
    finish(entry, reply.statusCode);
    if (garble !== undefined) {
      entry.fault = 'garble';
      return garbled(reply, String(payload), garble.as);
    }
    if (hostile === undefined) return payload;
    entry.fault = 'hostileAnswer';
    const texts = oneOf(hostile.texts, random);
    addHostileHeaders(reply.removeHeader('content-length'), texts);
    const isJson = String(reply.getHeader('content-type')).includes('json');
    const strikes = () => random.next() < hostile.share;
    return isJson ? JSON.stringify(hostileValue(JSON.parse(String(payload)), strikes, texts)) : texts();
  });
}

/** The last two answers of each method and route that are about different records. */
class AnswersBefore {
  readonly #last = new Map<string, { readonly path: string; readonly status: number; readonly payload: string }[]>();

  /** Remembers an answer. @returns an earlier one with the same status about another record, if there was one. */
  exchange({ method, url, routeOptions }: FastifyRequest, { statusCode: status }: FastifyReply, payload: string) {
    const route = `${method} ${routeOptions.url}`;
    const path = url.split('?', 1)[0] ?? '';
    const others = (this.#last.get(route) ?? []).filter((one) => one.path !== path);
    this.#last.set(route, [...others.slice(-1), { path, status, payload }]);
    return others.findLast((one) => one.status === status)?.payload;
  }
}

function misfitOf(
  { prefix, answers }: { readonly prefix: string; readonly answers: AnswerCheck | undefined },
  { method, url: path, routeOptions }: FastifyRequest,
  { statusCode: status }: FastifyReply,
  payload: unknown,
): string | undefined {
  const route = routeOptions.url?.slice(prefix.length) ?? '';
  return answers?.check({ method, route, path, status, payload: typeof payload === 'string' ? payload : '' });
}

function garbled(reply: FastifyReply, payload: string, as: 'shape' | 'html' | 'truncated'): string {
  reply.removeHeader('content-length');
  if (as === 'shape') return JSON.stringify({ unexpected: true });
  if (as === 'truncated') return payload.slice(0, Math.floor(payload.length / 2));
  reply.header('content-type', 'text/html; charset=utf-8');
  return '<!doctype html><title>Welcome</title><p>Please sign in to the network.</p>';
}
