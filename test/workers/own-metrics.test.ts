import { expect, test } from '@jest/globals';
import type { MetricMeter, MetricTags } from '@temporalio/common';
import { CountedResults, measureRemoteCalls } from '../../workers/own-metrics.ts';
import { HttpClient } from '../../targets/http.ts';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** Notes what is measured. */
function meterWithNotes() {
  const notes: { name: string; value: number; tags: MetricTags | undefined }[] = [];
  const metric = (name: string) => {
    const note = (value: number, tags?: MetricTags) => void notes.push({ name, value, tags });
    return { add: note, set: note, record: note };
  };
  const meter = { createCounter: metric, createGauge: metric, createHistogram: metric } as unknown as MetricMeter;
  return { notes, meter };
}

test('each recorded result is counted; one that brings a row in step is progress, one that does not is none', async () => {
  const { notes, meter } = meterWithNotes();
  const counted = new CountedResults(meter);
  const record = (kind: string) =>
    counted.execute(
      { headers: {}, args: [{ process: 'TAGSERVER', type: 'Person', delivery: { kind } }] },
      async () => null,
    );
  await record('unchanged');
  await record('parked');
  await counted.execute({ headers: {}, args: [{ process: 'TAGSERVER' }] }, async () => null);
  expect(notes.map(({ name, tags }) => [name, tags?.['result']])).toEqual([
    ['ems_sync_rows_total', 'unchanged'],
    ['ems_sync_last_progress_timestamp_seconds', undefined],
    ['ems_sync_rows_total', 'parked'],
  ]);
});

test.each([
  [
    'a page',
    { keys: ['1', '2', '3'] },
    { inSync: 3, kinds: { created: 2, unchanged: 1 }, left: [], reasons: {} },
    { created: 2, unchanged: 1 },
  ],
  ['a page of an older worker', { keys: ['1'] }, { inSync: 1, left: [], reasons: {} }, {}],
  [
    'a value that the target has changed',
    { key: '1' },
    { kind: 'applied', key: '1', outboundDue: false, fields: [] },
    { applied: 1 },
  ],
  ['a bounce-back', { key: '1' }, { kind: 'unchanged', key: '1', outboundDue: false }, {}],
  [
    'a contact that EMS did not know',
    { remoteId: '9' },
    { kind: 'linked', rows: [{ how: 'created' }, { how: 'known' }] },
    { linked: 1 },
  ],
])('%s in step is progress, and its rows are counted', async (_what, input, result, counted) => {
  const { notes, meter } = meterWithNotes();
  const args = [{ process: 'MAILCHIMP', type: 'Person', ...input }];
  await new CountedResults(meter).execute({ headers: {}, args }, async () => result);
  const rows = notes.filter(({ name }) => name === 'ems_sync_rows_total');
  expect(Object.fromEntries(rows.map(({ tags, value }) => [tags?.['result'], value]))).toEqual(counted);
  expect(notes.some(({ name }) => name === 'ems_sync_last_progress_timestamp_seconds')).toBe(true);
});

test.each([
  ['a page of which every row left', { keys: ['1'] }, { inSync: 0, kinds: {}, left: ['1'], reasons: { alone: 1 } }],
  ['an absorption that waits', { key: '1' }, { kind: 'nothing', key: '1', outboundDue: false, reason: 'held' }],
  ['a contact that is parked', { remoteId: '9' }, { kind: 'parked', reason: 'two rows match' }],
  ['a delivery, which is counted when it is recorded', { key: '1' }, { kind: 'created', key: '1' }],
])('%s is no progress', async (_what, input, result) => {
  const { notes, meter } = meterWithNotes();
  const args = [{ process: 'MAILCHIMP', type: 'Person', ...input }];
  await new CountedResults(meter).execute({ headers: {}, args }, async () => result);
  expect(notes).toEqual([]);
});

test('a delivery within a workflow task is counted if it has recorded its result itself', async () => {
  const { notes, meter } = meterWithNotes();
  const counted = new CountedResults(meter);
  const args = [{ process: 'TAGSERVER', type: 'Person', key: '7' }];
  for (const isRecorded of [true, false])
    await counted.execute({ headers: {}, args }, async () => ({
      kind: 'delivered',
      delivery: { kind: 'parked' },
      isRecorded,
    }));
  await counted.execute({ headers: {}, args }, async () => ({ kind: 'elsewhere' }));
  expect(notes.map(({ name, tags }) => [name, tags])).toEqual([
    ['ems_sync_rows_total', { process: 'TAGSERVER', type: 'Person', result: 'parked' }],
  ]);
});

test('a result that could not be recorded is not counted', async () => {
  const { notes, meter } = meterWithNotes();
  const args = [{ process: 'TAGSERVER', type: 'Person', delivery: { kind: 'created' } }];
  const error = new Error('away');
  const failing = () => Promise.reject(error);
  await expect(new CountedResults(meter).execute({ headers: {}, args }, failing)).rejects.toThrow('away');
  expect(notes).toEqual([]);
});

test('calls of a target are measured by how they end', async () => {
  const { notes, meter } = meterWithNotes();
  const end = measureRemoteCalls(meter);
  const server = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { target: 'MailChimp', setting: 'MAILCHIMP_URL', timeoutMs: 5_000 };
  const http = new HttpClient({ ...options, url: `http://127.0.0.1:${port}` });
  for (const path of ['200', '404', '429', '503']) await http.call({ method: 'GET', path });
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  await expect(http.call({ method: 'GET', path: '200' })).rejects.toThrow();
  end();
  expect(notes.map(({ tags }) => tags)).toEqual(
    ['2xx', '4xx', '429', '5xx', 'error'].map((outcome) => ({ process: 'MAILCHIMP', outcome })),
  );
  expect(notes.every(({ value }) => value >= 0 && value < 60)).toBe(true);
});
