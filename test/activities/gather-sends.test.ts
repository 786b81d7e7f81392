import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../seeded-fast-check.ts';
import { gatherSends } from '../../activities/gather-sends.ts';
import { sendInHalves } from '../../activities/send-in-halves.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';

const request = (key: string, more: Partial<SendRequest> = {}): SendRequest => ({
  type: 'Person',
  key,
  remoteId: null,
  content: {},
  references: new Map(),
  fencingToken: 1n,
  release: false,
  patient: true,
  ...more,
});

const sent = (key: string): SendResult => ({ kind: 'sent', remoteId: key, remoteModifiedOn: null });
const refused = () => new SyncError('rejected', 'the call as a whole was refused', { code: 'invalid' });

describe('a call that is refused as a whole', () => {
  test('is halved: one bad item is alone at last, and the others are sent no more often than it takes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), async (count, at) => {
        const bad = String(at % count);
        const times = new Map<string, number>();
        const call = async (requests: readonly SendRequest[]) => {
          if (requests.some(({ key }) => key === bad)) throw refused();
          for (const { key } of requests) times.set(key, (times.get(key) ?? 0) + 1);
          return requests.map(({ key }) => sent(key));
        };
        let calls = 0;
        const results = await sendInHalves(
          (requests) => {
            calls += 1;
            return call(requests);
          },
          Array.from({ length: count }, (_, index) => request(String(index))),
        );
        expect(results.filter((result) => result instanceof Error)).toHaveLength(1);
        expect(results[Number(bad)]).toBeInstanceOf(SyncError);
        // Every other item arrived exactly once, whatever calls it was part of before.
        expect([...times.values()].every((one) => one === 1)).toBe(true);
        expect(calls).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)) + 1);
      }),
      { numRuns: 50 },
    );
  });

  test('by a passing fault is everybody’s: nothing is sent again here', async () => {
    let calls = 0;
    const results = await sendInHalves(async () => {
      calls += 1;
      throw new SyncError('transient', 'cut', { code: 'ECONNRESET' });
    }, [request('1'), request('2')]);
    expect(calls).toBe(1);
    expect(results.every((result) => result instanceof SyncError && result.errorClass === 'transient')).toBe(true);
  });
});

/** A target that records the calls it receives. */
function remote() {
  const batches: string[][] = [];
  const single: string[] = [];
  const system: RemoteSystem = {
    probe: async () => undefined,
    remove: async () => undefined,
    send: async ({ key }) => {
      single.push(key);
      return sent(key);
    },
    bulk: {
      canGather: ({ release }) => !release,
      sendMany: async (requests) => {
        batches.push(requests.map(({ key }) => key));
        return requests.map(({ key }) => (key === '3' ? refused() : sent(key)));
      },
    },
  };
  return { batches, single, gathered: gatherSends(system, { itemsPerCall: 4, concurrentCalls: 2 }) };
}

describe('deliveries', () => {
  test('that wait together go in calls of the limit’s size, and each gets its own result', async () => {
    const { batches, gathered } = remote();
    const results = await Promise.allSettled(['1', '2', '3', '4', '5', '6'].map((key) => gathered.send(request(key))));
    // Either call may come first.
    expect(batches.map((batch) => batch.length).toSorted((one, other) => other - one)).toEqual([4, 2]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(results[5]).toMatchObject({ value: { remoteId: '6' } });
  });

  test('that come one after the other go in one call, once no more come', async () => {
    const { batches, gathered } = remote();
    const all = [];
    for (const key of ['1', '2', '4']) {
      all.push(gathered.send(request(key)));
      await sleep(100);
    }
    await Promise.all(all);
    expect(batches).toEqual([['1', '2', '4']]);
  });

  test('that somebody waits for, or that must go alone, do so at once', async () => {
    const { batches, single, gathered } = remote();
    await gathered.send(request('1', { patient: false }));
    await gathered.send(request('2', { release: true }));
    await gathered.send(request('3', { alone: true }));
    expect(single).toEqual(['1', '2', '3']);
    expect(batches).toEqual([]);
  });
});
