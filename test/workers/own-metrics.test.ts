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
