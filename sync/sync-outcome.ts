import type { DeliveryKind } from './delivery.ts';

/**
 * How a pair stands after a pass: the search attribute `SyncOutcome`. Operators filter the Web UI's list by it, so the words
 * are those of the record's state where there is one.
 */
export const SYNC_OUTCOMES = ['IN_SYNC', 'REMOVED', 'WAITING', 'PARKED', 'FAILING', 'PENDING', 'NOTHING'] as const;

export type SyncOutcome = (typeof SYNC_OUTCOMES)[number];

export function outcomeOf(kind: DeliveryKind): SyncOutcome {
  switch (kind) {
    case 'unchanged':
    case 'created':
    case 'updated':
      return 'IN_SYNC';
    case 'removed':
      return 'REMOVED';
    case 'parked':
      return 'PARKED';
    case 'waiting':
      return 'WAITING';
    case 'blocked':
    case 'gave-way':
      return 'PENDING';
    case 'nothing':
    case 'superseded':
      return 'NOTHING';
  }
}
