import type { Absorption } from './absorption.ts';
import type { DeliveryKind } from './delivery.ts';

/**
 * The state of a pair after a pass: the search attribute `SyncOutcome`. Operators filter the Web UI's list by it, so
 * the words match the record's states where possible.
 */
export const SYNC_OUTCOMES = [
  'IN_SYNC',
  'REMOVED',
  'SHARED',
  'UNLINKED',
  'WAITING',
  'PARKED',
  'SUPPRESSED',
  'ERASED',
  'FAILING',
  'PAUSED',
  'PENDING',
  'NOTHING',
] as const;

type AbsorptionKind = Absorption['kind'];

export type SyncOutcome = (typeof SYNC_OUTCOMES)[number];

const OUTCOMES: Readonly<Record<DeliveryKind, SyncOutcome>> = {
  unchanged: 'IN_SYNC',
  created: 'IN_SYNC',
  updated: 'IN_SYNC',
  removed: 'REMOVED',
  shared: 'SHARED',
  parked: 'PARKED',
  suppressed: 'SUPPRESSED',
  erased: 'ERASED',
  'stays-erased': 'ERASED',
  waiting: 'WAITING',
  blocked: 'PENDING',
  released: 'PENDING',
  'with-parent': 'PENDING',
  'absorb-first': 'PENDING',
  nothing: 'NOTHING',
  superseded: 'NOTHING',
};

export function outcomeOf(kind: DeliveryKind): SyncOutcome {
  return OUTCOMES[kind];
}

const INBOUND_OUTCOMES: Readonly<Record<AbsorptionKind, SyncOutcome>> = {
  nothing: 'NOTHING',
  unchanged: 'IN_SYNC',
  consent: 'PENDING',
  applied: 'IN_SYNC',
  conflict: 'PENDING',
  drifted: 'PENDING',
  recreate: 'PENDING',
  unlinked: 'UNLINKED',
  parked: 'PARKED',
};

/** The same for a pass after whose inbound half nothing must be sent. */
export function outcomeOfAbsorption(kind: AbsorptionKind): SyncOutcome {
  return INBOUND_OUTCOMES[kind];
}
