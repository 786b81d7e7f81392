import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { SyncError } from '../../sync/sync-error.ts';
import { readAnswer, readBody } from '../../targets/answer.ts';

const answer = (body: string) => ({ target: 'TagServer', what: 'GET tags', status: 200, headers: {}, body });

const schema = z.looseObject({
  items: z.array(z.looseObject({ id: z.int().or(z.string().transform(Number)), name: z.string().nullish() })),
  fields: z
    .record(z.string(), z.boolean())
    .or(z.array(z.never()).transform(() => ({})))
    .optional(),
  tags: z.record(z.string(), z.looseObject({ tag: z.string() })).optional(),
  sender: z.looseObject({ email: z.email() }).nullish().catch(undefined),
});

function faultOf(value: unknown): SyncError {
  try {
    readAnswer(schema, answer(JSON.stringify(value)));
  } catch (error) {
    return error as SyncError;
  }
  throw new Error('the answer was taken');
}

test('an answer of the right shape is read, with what it says beyond', () => {
  expect(readAnswer(schema, answer('{"items":[{"id":"7","colour":"red"}]}'))).toMatchObject({
    items: [{ id: 7, colour: 'red' }],
  });
});

describe('an answer of another shape is told by its place, and never by a text of the remote', () => {
  test.each([
    [{ items: [{ id: 1 }, { id: 2, name: 3 }] }, 'items.1.name'],
    [{ items: {} }, 'items'],
    [{}, 'items'],
    [[], 'body'],
    [null, 'body'],
    [{ items: [], tags: { '12': { tag: 1 } } }, 'tags.12.tag'],
    [{ items: [], tags: { 'Ana Silva': { tag: 1 } } }, 'tags.*.tag'],
  ])('%j', (value, field) => {
    expect(faultOf(value)).toMatchObject({
      errorClass: 'contract',
      code: 'contract',
      field,
      message: `TagServer's answer to GET tags does not fit the contract at ${field}`,
    });
  });

  test('also where keys are the remote’s own', () => {
    expect(faultOf({ items: [], fields: { 'Ana Silva': 1 } }).message).not.toContain('Ana');
  });
});

test.each(['', '<html>Sign in</html>', '{"items":', 'undefined'])(
  '%j is no answer of the target: it is down',
  (body) => {
    expect(() => readAnswer(schema, answer(body))).toThrow(
      expect.objectContaining({ errorClass: 'target-down', code: 'not-json' }),
    );
    expect(readBody(schema, body)).toBeNull();
  },
);

test('a list of very many wrong items is read as far as the first', () => {
  let read = 0;
  const counted = z.preprocess((item) => {
    read += 1;
    return item;
  }, z.string());
  const items = Array.from({ length: 1_000 }, () => 47);
  const body = JSON.stringify({ items });
  expect(() => readAnswer(z.object({ items: z.array(counted) }), answer(body))).toThrow('at items.0');
  expect(readBody(z.object({ items: z.array(counted) }), body)).toBeNull();
  expect(read).toBe(2);
});
