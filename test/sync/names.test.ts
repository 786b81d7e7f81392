import { expect, test } from '@jest/globals';
import * as fc from '../seeded-fast-check.ts';
import type { DeliveryKind } from '../../sync/delivery.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { outcomeOf, type SyncOutcome } from '../../sync/sync-outcome.ts';
import { DIRECTIONS, SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';
import {
  pairWorkflowId,
  sweepWorkflowId,
  SYNC_TASK_QUEUE,
  syncTaskQueue,
  targetTaskQueue,
} from '../../sync/workflow-ids.ts';

test('two pairs never share a workflow, and no pair shares one with a sweep', () => {
  const pair = fc.tuple(
    fc.constantFrom(...SYNC_PROCESS_NAMES),
    fc.constantFrom(...ENTITY_TYPES),
    fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
  );
  const sweeps = SYNC_PROCESS_NAMES.flatMap((name) => DIRECTIONS.map((direction) => sweepWorkflowId(name, direction)));
  expect(new Set(sweeps).size).toBe(sweeps.length);
  fc.assert(
    fc.property(pair, pair, (one, other) => {
      const same = one.every((part, index) => part === other[index]);
      expect(pairWorkflowId(...one) === pairWorkflowId(...other)).toBe(same);
      expect(sweeps).not.toContain(pairWorkflowId(...one));
    }),
  );
});

test('ids and queues read as operators know them', () => {
  expect(pairWorkflowId('TAGSERVER', 'Person', '4711')).toBe('TAGSERVER/Person/4711');
  expect(sweepWorkflowId('TAGSERVER', 'outbound')).toBe('sweep/TAGSERVER/outbound');
  expect(syncTaskQueue('3f2a9c1b04d7')).toBe('sync-3f2a9c1b04d7');
  expect(targetTaskQueue('TAGSERVER', 'sync-3f2a9c1b04d7')).toBe('target-tagserver-3f2a9c1b04d7');
});

test('runs of a release without installation ids stay on its queues', () => {
  expect(targetTaskQueue('TAGSERVER', SYNC_TASK_QUEUE)).toBe('target-tagserver');
});

test('each process has a queue of its own: the limit of one is not that of another', () => {
  const queues = [SYNC_TASK_QUEUE, ...SYNC_PROCESS_NAMES.map((name) => targetTaskQueue(name, SYNC_TASK_QUEUE))];
  expect(new Set(queues).size).toBe(queues.length);
});

test.each<[DeliveryKind, SyncOutcome]>([
  ['created', 'IN_SYNC'],
  ['updated', 'IN_SYNC'],
  ['unchanged', 'IN_SYNC'],
  ['removed', 'REMOVED'],
  ['parked', 'PARKED'],
  ['waiting', 'WAITING'],
  ['blocked', 'PENDING'],
  ['released', 'PENDING'],
  ['nothing', 'NOTHING'],
  ['superseded', 'NOTHING'],
])('a pair whose pass ended as %s stands as %s', (kind, outcome) => {
  expect(outcomeOf(kind)).toBe(outcome);
});
