import { expect, test } from '@jest/globals';
import { CallPlaces } from '../../activities/call-places.ts';
import { deliverInline } from '../../activities/deliver-inline.ts';
import type { Delivery } from '../../sync/delivery.ts';
import { SyncError } from '../../sync/sync-error.ts';

const begun = { key: '7', fencingToken: '1' } as const;
const NOTHING: Delivery = { ...begun, kind: 'nothing' };
const done = async () => NOTHING;
const nothing = async () => {};
const never = () => Promise.withResolvers<void>().promise;
const failing = () => Promise.reject(new Error('503'));
const noted = (records: Delivery[]) => async (delivery: Delivery) => void records.push(delivery);

test('a delivery is recorded by the activity that made it, and gives its place back', async () => {
  const places = new CallPlaces(1);
  const records: Delivery[] = [];
  const work = { deliver: done, record: noted(records) };
  for (let n = 0; n < 2; n += 1)
    expect(await deliverInline(places, work)).toEqual({ kind: 'delivered', delivery: NOTHING, isRecorded: true });
  expect(records).toEqual([NOTHING, NOTHING]);
});

test('where every place is taken, the target’s queue delivers', async () => {
  const places = new CallPlaces(1);
  const { promise, resolve } = Promise.withResolvers<Delivery>();
  const first = deliverInline(places, { deliver: () => promise, record: nothing });
  expect(await deliverInline(places, { deliver: failing, record: failing })).toEqual({ kind: 'elsewhere' });
  resolve(NOTHING);
  expect(await first).toMatchObject({ kind: 'delivered' });
});

test.each<Delivery>([
  { ...begun, kind: 'with-parent', by: { type: 'Person', key: '1' } },
  { ...begun, kind: 'absorb-first' },
  { ...begun, kind: 'blocked', evaluated: null, by: [], field: 'code', reason: 'is taken' },
  { ...begun, kind: 'released', remoteId: '7' },
])('the workflow has more to do before a result is recorded: $kind', async (delivery) => {
  const records: Delivery[] = [];
  const result = await deliverInline(new CallPlaces(1), { deliver: async () => delivery, record: noted(records) });
  expect(result).toEqual({ kind: 'delivered', delivery, isRecorded: false });
  expect(records).toEqual([]);
});

test('a result that cannot be recorded, or not soon, is given to the workflow', async () => {
  const places = new CallPlaces(1);
  for (const record of [failing, never])
    expect(await deliverInline(places, { deliver: done, record })).toMatchObject({
      delivery: NOTHING,
      isRecorded: false,
    });
});

test('after a failure the target is left to its own queue, which still gets its places', async () => {
  const places = new CallPlaces(1);
  await expect(deliverInline(places, { deliver: failing, record: nothing })).rejects.toThrow('503');
  expect(await deliverInline(places, { deliver: done, record: nothing })).toEqual({ kind: 'elsewhere' });
  await places.take();
});

test('the pause that a target asks for is told', async () => {
  const error = new SyncError('transient', '429', { code: 'throttled', retryAfterMs: 5_000 });
  const throttled = () => Promise.reject(error);
  const result = await deliverInline(new CallPlaces(1), { deliver: throttled, record: nothing });
  expect(result).toEqual({ kind: 'elsewhere', pauseMs: 5_000 });
});

test('an activity of the queue waits for a place, and the one that has waited longest gets it', async () => {
  const places = new CallPlaces(1);
  const order: number[] = [];
  await places.take();
  const waiting = [1, 2].map(async (n) => {
    await places.take();
    order.push(n);
  });
  expect(places.tryTake()).toBe(false);
  places.give();
  await waiting[0];
  expect(order).toEqual([1]);
  places.give();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2]);
});
