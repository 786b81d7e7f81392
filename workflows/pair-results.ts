import type { Absorption } from '../sync/absorption.ts';
import type { Delivery } from '../sync/delivery.ts';
import { formatRef } from '../sync/entity-type.ts';
import { outcomeOf, outcomeOfAbsorption } from '../sync/sync-outcome.ts';
import type { SyncEntityResult } from './pair-requests.ts';

/** The result of the outbound half of a pass, for callers. */
export function resultOf(delivery: Delivery): SyncEntityResult {
  return { outcome: outcomeOf(delivery.kind), delivery: delivery.kind, reason: reasonOf(delivery) };
}

function reasonOf(delivery: Delivery): string | null {
  if (delivery.kind === 'nothing') return delivery.reason ?? 'neither side has anything to do';
  if (delivery.kind === 'superseded') return 'another attempt was faster';
  if (delivery.kind === 'waiting') return waitsFor(delivery);
  if (delivery.kind === 'shared') return `shares the remote record of ${formatRef(delivery.owner)}`;
  if (delivery.kind === 'with-parent') return `goes with ${formatRef(delivery.by)}, which was asked`;
  if (delivery.kind === 'suppressed') return delivery.reason;
  if (delivery.kind === 'erased') return delivery.outcome;
  if (delivery.kind !== 'parked') return null;
  return delivery.field === null ? delivery.reason : `${delivery.field}: ${delivery.reason}`;
}

function waitsFor({ for: awaited, field, reason }: Extract<Delivery, { kind: 'waiting' }>): string {
  return reason === undefined ? `waits for ${awaited}` : `waits for ${awaited}: ${field} ${reason}`;
}

/** The same for a pass whose inbound half leaves nothing to send. */
export function resultOfAbsorption(absorption: Absorption): SyncEntityResult {
  return {
    outcome: outcomeOfAbsorption(absorption.kind),
    delivery: absorption.kind,
    reason: reasonOfAbsorption(absorption),
  };
}

function reasonOfAbsorption(absorption: Absorption): string | null {
  switch (absorption.kind) {
    case 'nothing':
    case 'parked':
      return absorption.reason;
    case 'consent':
      return absorption.refused ?? 'nothing is refused any more';
    case 'applied':
    case 'drifted':
      return absorption.fields.join(', ');
    case 'conflict':
      return `EMS wins: ${absorption.lost.join(', ')}`;
    default:
      return null;
  }
}

/** The same for the workflow's page in the Web UI. */
export function describeResult({ outcome, delivery, reason }: SyncEntityResult): string {
  return reason === null ? `**${outcome}** (${delivery})` : `**${outcome}** (${delivery}): ${reason}`;
}
