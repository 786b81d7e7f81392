import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client as TemporalClient } from '@temporalio/client';
import { generateFederation, loadFederation, type Federation } from '../../simulators/ems/index.ts';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
}, 120_000);

afterAll(async () => {
  await system?.stop();
}, 60_000);

test('no history, result, memo, error or log line of a full run holds personal data of the sample', async () => {
  const federation = generateFederation({ seed: 7, size: 60, now: '2026-11-01T10:00:00Z', withImpossible: true });
  await loadFederation(system.databaseUrl, federation);
  // What goes wrong is where values leak: refusals, strange answers and time-outs are part of the run.
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
}, 240_000);

test('the scan itself finds what it looks for', () => {
  const words = personalWords(generateFederation({ seed: 7, size: 20, now: '2026-11-01T10:00:00Z' }));
  for (const word of words) expect(found(words, `{"message":"no ${word}!"}`)).toContain(word);
});

/** Every run's events as text, payloads decoded, by workflow id. */
async function allHistories(client: TemporalClient): Promise<Map<string, string>> {
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const texts = new Map<string, string>();
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const text = JSON.stringify(history, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
    );
    texts.set(workflowId, (texts.get(workflowId) ?? '') + text);
  }
  return texts;
}

/** Names, addresses, e-mails and phones of the sample; a name of one or two Latin letters would be found in any text. */
function personalWords({ tables }: Federation): Set<string> {
  const columns = ['first_name', 'last_name', 'email', 'phone', 'street'] as const;
  const values = tables.person.flatMap((person) => columns.map((column) => person[column]));
  return new Set(
    values.flatMap((value) => {
      const word = value?.normalize('NFC').trim() ?? '';
      return /^\p{Script=Latin}{0,2}$/u.test(word) ? [] : [word];
    }),
  );
}

function found(words: ReadonlySet<string>, text: string): string[] {
  return [...words].filter((word) => {
    const at = text.indexOf(word);
    return at >= 0 && isWord(text, word);
  });
}

/** `Li` within `Limit` is not the name. */
function isWord(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'u').test(text);
}
