import { beginAttempt } from '../database/records/begin-attempt.ts';
import { loadPair } from '../database/records/load-pairs.ts';
import { fromElsewhere, type Channel, type Suppression } from '../sync/suppression.ts';
import type { Attempt, TypeContext } from './context.ts';
import type { JudgedPair } from './judge-pairs.ts';
import { addressesOf, pairConsent } from './pair-consent.ts';

/** The opt-outs that go out beside a decision. */
interface OptOuts {
  /**
   * Channels that EMS itself opts out of; and those that the person has refused, if all is to be sent again: a target that was
   * restored from a backup does not know it any more.
   */
  readonly channels: readonly Channel[];
  /** Refusals at another target. */
  readonly elsewhere: readonly Suppression[];
}

/**
 * The opt-outs of a row whose other content cannot be sent; null: there is nothing to do. Without channels: the target looks after a
 * contact that another row has left to this one, whom nothing is sent any more.
 */
export function optOutsOf(
  { mapping, remote }: TypeContext,
  { pair, decision, suppressions }: JudgedPair,
): OptOuts | null {
  if (mapping.consent === null || remote.optOut === undefined || pair.record?.state === 'ERASED') return null;
  const elsewhere = fromElsewhere(suppressions);
  const { kind } = decision;
  if (!(elsewhere.length > 0 ? WITHOUT_A_SEND : WITH_OPT_OUTS).includes(kind)) return null;
  const ownOptOuts = WITH_OPT_OUTS.includes(kind) && pair.entity !== null;
  const channels = ownOptOuts ? mapping.consent.optOuts(pair.entity, pair.sources as never) : [];
  const lost =
    kind === 'suppress' && pair.record?.state === 'PENDING' ? suppressions.map(({ channel }) => channel) : [];
  const mayBeLeftOne =
    kind === 'suppress' && mapping.consent.whenRefused === 'withhold' && pair.record?.remoteId != null;
  return channels.length + lost.length + elsewhere.length === 0 && !mayBeLeftOne
    ? null
    : { channels: [...new Set([...channels, ...lost])], elsewhere };
}

/**
 * Sends the opt-outs, and refusals at another target, of a row whose other content cannot be sent. Its contact may
 * exist and receive mail, even if it is left to another person with the same address. For rows that can be sent, the
 * delivery itself sends them first.
 */
export async function sendOptOuts(attempt: Attempt, judged: JudgedPair): Promise<void> {
  const { mapping, remote, type, key, fencingToken } = attempt;
  const { pair, suppressions } = judged;
  const out = optOutsOf(attempt, judged);
  if (out === null || remote.optOut === undefined) return;
  const known = out.elsewhere.length > 0 && pair.record === null ? await withRecord(attempt) : pair;
  const remoteId = known.record?.remoteId ?? null;
  const addresses = addressesOf(mapping, pair.entity);
  const consent = pairConsent(attempt, known, suppressions);
  await remote.optOut({ type, key, remoteId, fencingToken, addresses, channels: out.channels, ...consent });
}

type Kind = JudgedPair['decision']['kind'];

const WITH_OPT_OUTS: readonly Kind[] = ['park', 'wait', 'suppress'];

const WITHOUT_A_SEND: readonly Kind[] = [...WITH_OPT_OUTS, 'stay-erased', 'remove'];

/** Without a record, the next poll would take our own opt-out at the target for the person's. */
async function withRecord({
  orm,
  detection,
  key,
  ref,
  fencingToken,
  workflowId,
}: Attempt): Promise<JudgedPair['pair']> {
  await beginAttempt(orm, ref, { fencingToken, workflowId, state: 'PENDING' });
  return loadPair(orm, detection, key);
}
