import type { PairRef } from '../../../workflows/pair-start.ts';
import { explain } from '../../why.ts';
import { reachTemporal, type AskServers } from './ask.ts';
import { Problem } from './problems.ts';
import { processOf } from './processes.ts';
import type { PairState } from './schemas.ts';

/**
 * The current state of a pair. @throws Problem if neither EMS nor the process knows it; the error of a server that
 * cannot be reached.
 */
export async function pairState({ orm, temporal, settings }: AskServers, pair: PairRef): Promise<PairState> {
  const { process: name, type, key } = pair;
  const declared = processOf(name);
  await reachTemporal(temporal);
  const { keepsRemoteId: _, ...state } = await explain({ orm, client: temporal, settings }, declared, { type, key });
  if (!state.inEms && state.record === null) throw unknownEntity(pair);
  return { ...state, type, id: key };
}

export function unknownEntity({ process, type, key }: PairRef): Problem {
  return new Problem('unknown-entity', { detail: `EMS has no ${type} ${key}, and ${process} has no record of it` });
}
