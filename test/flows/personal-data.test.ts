import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { installNotify } from '../../database/notify/install-notify.ts';
import { freePort } from '../../local/free-port.ts';
import { generateFederation, loadFederation } from '../../simulators/ems/index.ts';
import { entityIdAttribute } from '../../workflows/search-attributes.ts';
import { allDescriptions, everythingWritten } from './everything-written.ts';
import { plantHeartbeat } from './heartbeats.ts';
import { HostileTarget, PLANTED, printed } from './hostile-target.ts';
import { allHistories, found, personalWords } from './personal-words.ts';
import { startGateway, startProgram, type ProgramUnderTest } from './program-under-test.ts';
import { System } from './system.ts';
import { TraceCollector } from './trace-collector.ts';
import { waitUntil } from '../wait-until.ts';

const TOKEN = 'a-token-of-this-test-that-is-long-enough';
const SECRET = 'a-secret-of-this-test';

const programs: ProgramUnderTest[] = [];
let system: System;
let metricsUrl: string;
let collector: TraceCollector;

beforeAll(async () => {
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${port}/metrics`;
  collector = await TraceCollector.start();
  system = await System.start({
    targets: ['TAGSERVER', 'MAUTIC', 'MAILCHIMP'],
    settings: { METRICS_PORT: `${port}`, LOG_LEVEL: 'debug', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
});

afterAll(async () => {
  for (const { child } of programs) await child.stop();
  await system?.stop();
  await collector?.stop();
});

test('hostile targets bring none of their texts into histories, tables, logs, metrics, traces, answers or what commands print', async () => {
  const persons = await sixPersons();
  const gateway = await startGateway(system, {
    GATEWAY_TOKENS: `ems:${TOKEN}`,
    MAUTIC_WEBHOOK_SECRET: SECRET,
    MAILCHIMP_WEBHOOK_SECRET: SECRET,
  });
  programs.push(gateway);
  const targets = [
    new HostileTarget(system, system.process('TAGSERVER'), system.tagServer.control, persons),
    new HostileTarget(system, system.process('MAUTIC'), system.mautic.control, persons),
    new HostileTarget(system, system.process('MAILCHIMP'), system.mailchimp.control, persons),
  ];
  const places = new Map<string, string>();
  await Promise.all(
    targets.map(async (target) => {
      await target.process.sweep();
      await target.process.quiet();
      for (const [place, text] of await target.refuse()) places.set(`failing ${place}`, text);
      await target.answer(target.process.name === 'TAGSERVER' ? 'sweepOutbound' : 'pollInbound');
      await target.refuseAll();
    }),
  );
  await installNotify(system.databaseUrl);
  const listener = await startProgram(system, 'listener', {}, /listener is ready/);
  programs.push(listener);
  const [person = ''] = persons;
  const commands = ['check --json', 'sync MAUTIC Person 1 --wait --timeout 20 --json'];
  for (const [command, text] of await printed(system, [...commands, `why Person ${person} --json`, 'status --json']))
    places.set(command, text);
  for (const [call, text] of await gatewayAnswers(gateway.url, person)) places.set(call, text);
  places.set('metrics', await (await fetch(metricsUrl)).text());
  await system.tidyUp();
  for (const [place, text] of await everythingWritten(system)) places.set(place, text);
  places.set('log of the gateway', gateway.log());
  places.set('log of the listener', listener.log());

  // A delivery belongs to the trace of the sweep that started its workflow.
  const delivered = await waitUntil({ what: 'a sweep in a trace, with its deliveries' }, () =>
    [...collector.traces().values()].find(
      (names) => names.has('RunWorkflow:sweepOutbound') && names.has('RunActivity:deliver'),
    ),
  );
  expect([...delivered]).toEqual(expect.arrayContaining(['RunWorkflow:syncEntity', 'RunActivity:planSweep']));
  places.set('traces', collector.text);
  expect(places.get('traces')).toContain('ems-sync-workers');
  expect(places.get('metrics')).toContain('temporal_');
  expect(places.get('log of the gateway')).toContain('"audit":true');
  const words = new Set([
    ...PLANTED,
    SECRET,
    TOKEN,
    system.tagServer.token,
    system.mautic.password,
    system.mailchimp.key,
  ]);
  expect(places.size).toBeGreaterThan(60);
  for (const [place, text] of places) expect([place, found(words, text)]).toEqual([place, []]);
});

async function sixPersons(): Promise<string[]> {
  const event = await system.ems.event();
  const race = await system.ems.race(event);
  const persons: string[] = [];
  for (const n of [1, 2, 3, 4, 5, 6]) {
    const person = await system.ems.person({ email: `ana${n}@clube.example` });
    await system.ems.preference(person, true);
    await system.ems.participant(event, race, { person_id: person });
    persons.push(person);
  }
  return persons;
}

/** What the gateway says to genuine and forged webhooks with hostile texts, and to requests for runs. */
async function gatewayAnswers(url: string, person: string): Promise<Map<string, string>> {
  const body = JSON.stringify({ 'mautic.lead_post_save_update': [{ contact: { id: 1, name: PLANTED[0] } }] });
  const signature = createHmac('sha256', SECRET).update(body).digest('base64');
  const form = new URLSearchParams({
    type: 'unsubscribe',
    'data[email]': PLANTED[1] ?? '',
    'data[id]': PLANTED[6] ?? '',
  });
  const authorization = `Bearer ${TOKEN}`;
  const pair = `/v1/sync/MAUTIC/Person/${person}`;
  const calls: [string, RequestInit][] = [
    ['/hooks/mautic', { method: 'POST', headers: { 'webhook-signature': signature }, body }],
    ['/hooks/mautic', { method: 'POST', headers: { 'webhook-signature': PLANTED[6] ?? '' }, body }],
    [`/hooks/mailchimp/${SECRET}`, { method: 'POST', body: form }],
    [`/hooks/mailchimp/${PLANTED[6]}`, { method: 'POST', body: form }],
    [`${pair}?wait=5`, { method: 'POST', headers: { authorization } }],
    [pair, { headers: { authorization } }],
    [pair, { headers: { authorization: `Bearer ${PLANTED[6]}` } }],
  ];
  const answers = new Map<string, string>();
  for (const [at, [path, call]] of calls.entries()) {
    const answer = await fetch(`${url}${path}`, call);
    answers.set(`answer ${at}: ${answer.status}`, JSON.stringify([...answer.headers]) + (await answer.text()));
  }
  return answers;
}

describe('with an EMS of its own, because the sample brings its ids', () => {
  let alone: System;
  beforeAll(async () => {
    alone = await System.start();
  });
  afterAll(async () => {
    await alone?.stop();
  });

  test('no history, result, memo, error or log line of a full run holds personal data of the sample', async () => {
    const federation = generateFederation({ seed: 7, size: 60, now: '2026-11-01T10:00:00Z', withImpossible: true });
    await loadFederation(alone.databaseUrl, federation);
    // Values leak when something goes wrong, so the run includes refusals, invalid answers and time-outs.
    await alone.tagServer.control.setFaults({
      garble: { times: 6, chance: 0.3, match: { method: 'PUT', prefix: '/v1/persons' } },
      respond: { status: 422, times: 4, chance: 0.3, match: { method: 'PUT', prefix: '/v1/persons' } },
      failAfter: { times: 3, match: { method: 'PUT', prefix: '/v1/event-participants' } },
    });
    await alone.sweep();
    await alone.tagServer.control.clearFaults();
    await alone.database.query(`UPDATE person SET first_name = first_name || 'x', modified_on = clock_timestamp()`);
    await alone.sweep();

    const histories = await allHistories(alone.temporal);
    const words = personalWords(federation);
    expect(histories.size).toBeGreaterThan(150);
    expect(words.size).toBeGreaterThan(100);
    for (const [workflowId, text] of histories) expect([workflowId, found(words, text)]).toEqual([workflowId, []]);
    expect(found(words, alone.workerLog)).toEqual([]);
  });
});

test('what Temporal shows of a run is looked through: arguments, memo, summary, search attributes, signals, failures', async () => {
  const planted = ['argument', 'memo', 'summary', 'attribute', 'signal', 'failure'].map((place) => `planted-${place}`);
  const [args, memo, staticSummary, attribute, signal, failure] = planted;
  const workflow = await system.temporal.workflow.start('marker', {
    workflowId: 'planted',
    taskQueue: 'nobody',
    args: [{ of: args }],
    memo: { memo },
    staticSummary: staticSummary ?? '',
    typedSearchAttributes: [{ key: entityIdAttribute, value: attribute ?? '' }],
  });
  await workflow.signal('marked', { of: signal });
  const described = (await allDescriptions(system.temporal)).get(`planted ${workflow.firstExecutionRunId}`) ?? '';
  await workflow.terminate(failure);
  expect(found(new Set(planted), (await allHistories(system.temporal)).get('planted') ?? '')).toEqual(planted);
  expect(found(new Set(planted), described)).toEqual(['planted-memo', 'planted-summary', 'planted-attribute']);
});

test('what an activity that is running has told in heartbeats is looked through', async () => {
  await plantHeartbeat(system.temporal, 'planted-activity', 'planted-heartbeat');
  const described = [...(await allDescriptions(system.temporal)).values()].join('\n');
  await system.temporal.workflow.getHandle('planted-activity').terminate();
  expect(found(new Set(['planted-heartbeat']), described)).toEqual(['planted-heartbeat']);
});

test('the scan itself finds what it looks for', () => {
  const words = personalWords(generateFederation({ seed: 7, size: 20, now: '2026-11-01T10:00:00Z' }));
  for (const word of words) expect(found(words, `{"message":"no ${word}!"}`)).toContain(word);
});
