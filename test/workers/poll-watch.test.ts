import { describe, expect, test } from '@jest/globals';
import { PollWatch, type Polling } from '../../workers/poll-watch.ts';

type Status = ReturnType<Polling['getStatus']>;

const POLLING: Status = {
  runState: 'RUNNING',
  workflowPollerState: 'POLLING',
  activityPollerState: 'POLLING',
  hasOutstandingWorkflowPoll: true,
  hasOutstandingActivityPoll: true,
};

/** A worker whose state and a clock whose time the test sets. */
function watched(status: Status) {
  const now = { ms: 0, status };
  const worker: Polling = { options: { taskQueue: 'sync' }, getStatus: () => now.status };
  return { now, watch: new PollWatch([worker], () => now.ms) };
}

describe('a worker', () => {
  test('that asks for work of either kind is neither stuck nor idle, however long', () => {
    const { now, watch } = watched({ ...POLLING, hasOutstandingWorkflowPoll: false });
    for (now.ms = 0; now.ms <= 600_000; now.ms += 100_000) expect(watch.stuck()).toEqual([]);
    expect(watch.idle()).toEqual([]);
  });

  test('that runs and has not asked for work for two minutes is stuck, until it asks again', () => {
    const silent = { ...POLLING, hasOutstandingWorkflowPoll: false, hasOutstandingActivityPoll: false };
    const { now, watch } = watched(silent);
    now.ms = 120_000;
    expect(watch.stuck()).toEqual([]);
    now.ms = 120_001;
    expect(watch.stuck()).toEqual(['sync']);
    now.status = POLLING;
    expect(watch.stuck()).toEqual([]);
    now.status = silent;
    now.ms = 240_000;
    expect(watch.stuck()).toEqual([]);
  });

  test.each(['runState', 'workflowPollerState', 'activityPollerState'] as const)(
    'whose %s is FAILED is stuck',
    (state) => {
      const { watch } = watched({ ...POLLING, [state]: 'FAILED' });
      expect(watch.stuck()).toEqual(['sync']);
    },
  );

  test('that is told to stop is idle, and not stuck: it finishes its work', () => {
    const { now, watch } = watched({
      ...POLLING,
      runState: 'DRAINING',
      hasOutstandingWorkflowPoll: false,
      hasOutstandingActivityPoll: false,
    });
    now.ms = 600_000;
    expect(watch.stuck()).toEqual([]);
    expect(watch.idle()).toEqual(['sync']);
  });
});
