import { afterEach, expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { addHealth } from '../../clients/gateway/health.ts';

const app = fastify();
afterEach(() => app.close());

test('a thousand probes within a second cost one look, and a later one looks again', async () => {
  let looks = 0;
  let missing: string[] = [];
  addHealth(app, async () => {
    looks += 1;
    return missing;
  });
  const probe = async () => (await app.inject('/health/ready')).statusCode;
  const answers = await Promise.all(Array.from({ length: 1_000 }, probe));
  expect(new Set(answers)).toEqual(new Set([200]));
  const first = looks;
  // One check per second, however long a busy machine takes for a thousand requests.
  expect(first).toBeLessThan(20);
  missing = ['PostgreSQL'];
  await new Promise((done) => setTimeout(done, 1_050));
  expect(await probe()).toBe(503);
  expect(looks).toBe(first + 1);
});
