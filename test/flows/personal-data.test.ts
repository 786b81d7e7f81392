import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateFederation, loadFederation } from '../../simulators/ems/index.ts';
import { allHistories, found, personalWords } from './personal-words.ts';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterAll(async () => {
  await system?.stop();
});

test('no history, result, memo, error or log line of a full run holds personal data of the sample', async () => {
  const federation = generateFederation({ seed: 7, size: 60, now: '2026-11-01T10:00:00Z', withImpossible: true });
  await loadFederation(system.databaseUrl, federation);
  // Values leak when something goes wrong, so the run includes refusals, invalid answers and time-outs.
  await system.tagServer.control.setFaults({
    garble: { times: 6, chance: 0.3, match: { method: 'PUT', prefix: '/v1/persons' } },
    respond: { status: 422, times: 4, chance: 0.3, match: { method: 'PUT', prefix: '/v1/persons' } },
    failAfter: { times: 3, match: { method: 'PUT', prefix: '/v1/event-participants' } },
  });
  await system.sweep();
  await system.tagServer.control.clearFaults();
  await system.database.query(`UPDATE person SET first_name = first_name || 'x', modified_on = clock_timestamp()`);
  await system.sweep();

  const histories = await allHistories(system.temporal);
  const words = personalWords(federation);
  expect(histories.size).toBeGreaterThan(150);
  expect(words.size).toBeGreaterThan(100);
  for (const [workflowId, text] of histories) expect([workflowId, found(words, text)]).toEqual([workflowId, []]);
  expect(found(words, system.workerLog)).toEqual([]);
});

test('the scan itself finds what it looks for', () => {
  const words = personalWords(generateFederation({ seed: 7, size: 20, now: '2026-11-01T10:00:00Z' }));
  for (const word of words) expect(found(words, `{"message":"no ${word}!"}`)).toContain(word);
});
