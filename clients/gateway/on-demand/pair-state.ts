import type { PairRef } from '../../../workflows/pair-start.ts';
import { explain } from '../../why.ts';
import { reachTemporal, type AskServers } from './ask.ts';
import { Problem } from './problems.ts';
import { processOf } from './processes.ts';
import type { PairState } from './schemas.ts';

/** How a pair stands. @throws Problem if neither EMS nor the process knows it; the error of a server that is away. */
export async function pairState({ orm, temporal, settings }: AskServers, pair: PairRef): Promise<PairState> {
  const { process: name, type, key } = pair;
  const declared = processOf(name);
  await reachTemporal(temporal);
  const { process, record, ...rest } = await explain(orm, temporal, settings, declared, { type, key });
  if (!rest.inEms && record === null) throw unknownEntity(pair);
  const isPersonal = declared.remoteIdsArePersonal === true;
  return {
    process,
    type,
    id: key,
    ...rest,
    record: record === null ? null : { ...record, remoteId: isPersonal ? null : record.remoteId },
  };
}

export function unknownEntity({ process, type, key }: PairRef): Problem {
  return new Problem('unknown-entity', { detail: `EMS has no ${type} ${key}, and ${process} has no record of it` });
}
