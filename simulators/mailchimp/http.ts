import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { VendorAnswer } from '../kit/faulty-api.ts';
import { kindOf } from './merge-values.ts';
import {
  Problem,
  type FieldError,
  invalidFields,
  notFound,
  problemBody,
  serverError,
  tooManyRequests,
} from './problem.ts';

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** How the network before Mailchimp blocks a client. */
export const REQUEST_BLOCKED =
  '<!DOCTYPE html><html><head><title>Request Blocked</title></head><body><h1>Request Blocked</h1></body></html>';

/** How Mailchimp, or the network before it, formats an answer that a knob forces. */
export const vendorAnswer: VendorAnswer = (status, retryAfterSeconds) => {
  const retry: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  if (status >= 502 && status <= 504) {
    return { headers: { 'content-type': 'text/html', ...retry }, body: REQUEST_BLOCKED };
  }
  const body = JSON.stringify(problemBody(problemOf(status)));
  return { headers: { 'content-type': PROBLEM_TYPE, ...retry }, body };
};

const problemOf = (status: number): Problem => {
  if (status === 401) return apiKeyInvalid();
  if (status === 403) return new Problem(403, 'Forbidden', 'You are not permitted to access this resource.');
  if (status === 404) return notFound();
  if (status === 422) return new Problem(422, 'Invalid Method Override', 'Asked for by a knob of the simulator');
  if (status === 429) return tooManyRequests();
  if (status === 500) return serverError();
  return new Problem(
    status,
    status < 500 ? 'Bad Request' : 'Internal Server Error',
    'Asked for by a knob of the simulator',
  );
};

export const apiKeyInvalid = () =>
  new Problem(
    401,
    'API Key Invalid',
    "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
  );

/** Parses every body as JSON and formats every refusal as a problem. */
export function speakLikeMailchimp(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      return done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch {
      return done(
        new Problem(
          400,
          'JSON Parse Error',
          'We encountered an unspecified JSON parsing error. This error tends to be caused by invalid syntax.',
        ),
      );
    }
  });
  scope.setErrorHandler((error: FastifyError | Problem | z.ZodError, request, reply) => {
    const problem = problemFor(error, request);
    did(request, problem.title);
    return sendProblem(reply, problem);
  });
  scope.setNotFoundHandler((request, reply) => {
    did(request, notFound().title);
    return sendProblem(reply, notFound());
  });
}

const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply
    .code(problem.status)
    .header('content-type', PROBLEM_TYPE)
    .send(JSON.stringify(problemBody(problem)));

function problemFor(error: Error, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.ZodError) return invalidFields(fieldErrors(error, request.body));
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  // Log errors of the simulator itself, because the answer shows only the vendor's words.
  if (status === 500) console.error(error);
  return status === 500 ? serverError() : new Problem(status, 'Bad Request', error.message);
}

/** zod's issues in the words of Mailchimp's schema checks. */
export const fieldErrors = (error: z.ZodError, body: unknown): FieldError[] =>
  error.issues.flatMap(innermost).map((issue) => ({
    field: issue.path.join('.'),
    message: messageOf(issue, valueAt(body, issue.path)),
  }));

/** For a union, the issue of its first option. */
function innermost(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [first = []] = issue.errors;
  return first.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function messageOf(issue: z.core.$ZodIssue, sent: unknown): string {
  if (issue.code !== 'invalid_type') {
    return issue.code === 'invalid_value' ? `Value must be one of: ${issue.values.join(', ')}` : issue.message;
  }
  if (sent === undefined) return 'This value should not be blank.';
  const expected = issue.expected === 'record' ? 'object' : issue.expected;
  return `Schema describes ${expected}, ${kindOf(sent)} found instead`;
}

const valueAt = (body: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    body,
  );

export const paramOf = (request: FastifyRequest, name: string): string =>
  z.record(z.string(), z.string()).parse(request.params)[name] ?? '';

const query = z.record(z.string(), z.union([z.string(), z.array(z.string()).transform((all) => all.at(-1) ?? '')]));

/** If a parameter is repeated, the last value counts. */
export const queryOf = (request: FastifyRequest): Readonly<Record<string, string | undefined>> =>
  query.catch({}).parse(request.query);

export const isOn = (text: string | undefined): boolean => text === 'true' || text === '1';

/** Parses the body. Throws ZodError, which is answered 400 with the fields. */
export const bodyAs = <Output>(request: FastifyRequest, schema: z.ZodType<Output>): Output =>
  schema.parse(request.body ?? {});

/** Records in the journal what was done. */
export const did = (request: FastifyRequest, outcome: string): void => {
  request.journalEntry.outcome = outcome;
};
