import type { DeliveryKind } from './delivery.ts';

/**
 * How a pair stands after a pass: the search attribute `SyncOutcome`. Operators filter the Web UI's list by it, so the words
 * are those of the record's state where there is one.
 */
export const SYNC_OUTCOMES = ['IN_SYNC', 'REMOVED', 'WAITING', 'PARKED', 'FAILING', 'PENDING', 'NOTHING'] as const;

export type SyncOutcome = (typeof SYNC_OUTCOMES)[number];

const OUTCOMES: Readonly<Record<DeliveryKind, SyncOutcome>> = {
  unchanged: 'IN_SYNC',
  created: 'IN_SYNC',
  updated: 'IN_SYNC',
  removed: 'REMOVED',
  parked: 'PARKED',
  waiting: 'WAITING',
  blocked: 'PENDING',
  'gave-way': 'PENDING',
  nothing: 'NOTHING',
  superseded: 'NOTHING',
};

export function outcomeOf(kind: DeliveryKind): SyncOutcome {
  return OUTCOMES[kind];
}
