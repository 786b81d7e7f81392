import { afterEach, expect, jest, test } from '@jest/globals';
import { CommandError } from '../../clients/cli/command-error.ts';
import { askAll } from '../../clients/cli/ask-pairs.ts';
import type { Answer, Request } from '../../clients/cli/requests.ts';
import type { Session } from '../../clients/cli/session.ts';

const session = {
  settings: { common: { DATABASE_URL: 'postgres://d/e', TEMPORAL_ADDRESS: 't:1', TEMPORAL_NAMESPACE: 'n' } },
  temporal: async () => ({}),
} as unknown as Session;

const IN_SYNC: Answer = { outcome: 'IN_SYNC', delivery: 'updated', reason: null };

const request = (id: string, work: () => Promise<Answer>): Request => ({
  what: `Person/${id}`,
  named: { process: 'TAGSERVER', type: 'Person', id },
  workflowId: `TAGSERVER/Person/${id}`,
  ask: work,
  askAndWait: work,
});

const requests = [
  request('1', async () => IN_SYNC),
  request('2', async () => {
    throw new CommandError(1, 'EMS has no Person 2, and TAGSERVER has no record of it');
  }),
];

afterEach(() => {
  jest.restoreAllMocks();
});

/** What a command prints as JSON; its complaints go elsewhere. */
async function printed(wait: boolean): Promise<{ readonly wentWell: boolean; readonly json: unknown }> {
  let text = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => (text += String(chunk)) !== '');
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const wentWell = await askAll(session, requests, { json: true, timeout: 5, ...(wait ? { wait: true } : {}) });
  return { wentWell, json: JSON.parse(text) };
}

const two = { process: 'TAGSERVER', type: 'Person', id: '2' };
const reason = expect.stringMatching(/^EMS has no Person 2/);

test('what could not be requested stands in the JSON beside what could, and the command fails', async () => {
  const { wentWell, json } = await printed(false);
  expect(wentWell).toBe(false);
  expect(json).toEqual([
    { ...two, id: '1', requested: true },
    { ...two, requested: false, reason },
  ]);
});

test('the same with results', async () => {
  const { wentWell, json } = await printed(true);
  expect(wentWell).toBe(false);
  expect(json).toEqual([
    { ...two, id: '1', ...IN_SYNC },
    { ...two, outcome: null, reason },
  ]);
});
