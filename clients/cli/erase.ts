import { findByKeys } from '../../database/records/find-by-remote-id.ts';
import { readReceipts, rowsOfPerson, type Receipt } from '../../database/records/erasure.ts';
import { formatRef, type EntityKey } from '../../sync/entity-type.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { hasRecord } from '../find-pairs.ts';
import { requestSweep, sweepResult } from '../request-sweep.ts';
import { NoResultInTimeError } from '../request-sync.ts';
import { CommandError } from './command-error.ts';
import { giveCommand } from './give-command.ts';
import { processesWith } from './names.ts';
import { complain, sayBlock, sayJson, table } from './output.ts';
import { inSession, type Session } from './session.ts';
import type { TimeoutOptions } from './wait-options.ts';

/** `ems-sync erase` */
export async function erase(typeName: string, key: EntityKey, options: TimeoutOptions): Promise<void> {
  if (typeName.toLowerCase() !== 'person') throw new CommandError(2, `only a person can be erased, not ${typeName}`);
  await inSession((session) => erasePerson(session, key, options));
}

async function erasePerson(session: Session, key: EntityKey, options: TimeoutOptions): Promise<void> {
  const { common } = session.settings;
  if (common.SYNC_KEY === undefined)
    throw new CommandError(
      2,
      'SYNC_KEY is missing: without it the address would not stay erased (openssl rand -base64 32)',
    );
  const deadline = Date.now() + options.timeout * 1_000;
  const { processes, off, inEms } = await concerned(session, key);
  // If EMS has deleted the person, it no longer shows which rows referred to it. A sweep removes them as deleted rows.
  if (!inEms) await sweepOrphans(session, processes, deadline);
  const pairs: PairRef[] = [];
  const open: string[] = [];
  for (const process of processes) {
    const of = await pairsOf(session, process, key);
    pairs.push(...of);
    for (const pair of of)
      if (!(await erased(session, pair, deadline))) open.push(`${pair.process} ${formatRef(pair)}`);
  }
  const receipts = await readReceipts((await session.database()).em.fork(), pairs);
  if (options.json)
    sayJson({
      type: 'Person',
      id: key,
      complete: open.length + off.length === 0,
      receipts: receipts.map(named),
      open,
      off,
    });
  else sayBlock(table(['process', 'entity', 'outcome', 'what was done', 'when'], receipts.map(row)));
  for (const pair of open)
    complain(`${pair}: not confirmed yet; its workflow continues. Run the command again for the receipt`);
  for (const name of off)
    complain(`${name} is off, so its data of Person/${key} are not erased; enable it and run the command again`);
  if (open.length + off.length > 0) process.exitCode = 1;
}

/** Enabled processes that may have the person, and disabled ones that do. @throws CommandError if there is nothing to erase. */
async function concerned(
  session: Session,
  key: EntityKey,
): Promise<{ readonly processes: readonly SyncProcess[]; readonly off: readonly string[]; readonly inEms: boolean }> {
  const orm = await session.database();
  const inEms = (await findByKeys(orm.em.fork(), 'MAUTIC', 'Person', [key])).has(key);
  const on: SyncProcess[] = [];
  const off: string[] = [];
  let known = inEms;
  for (const process of processesWith('Person')) {
    const has = await hasRecord(orm, process.name, { type: 'Person', key });
    known ||= has;
    const enabled = session.settings.enabled.some(({ target }) => target.process.name === process.name);
    if (enabled) on.push(process);
    else if (has) off.push(process.name);
  }
  if (!known) throw new CommandError(1, `EMS has no Person ${key}, and no process has a record of it`);
  if (on.length === 0) throw new CommandError(2, 'no process that has persons is on: see .env.example');
  return { processes: on, off, inEms };
}

async function sweepOrphans(session: Session, processes: readonly SyncProcess[], deadline: number): Promise<void> {
  const temporal = await session.temporal();
  for (const { name, mappings } of processes) {
    if (!mappings.some(({ referencedTypes }) => referencedTypes.includes('Person'))) continue;
    const sweep = await requestSweep(temporal, name, 'outbound', { full: true });
    await sweepResult(sweep, temporal, Math.max(1_000, deadline - Date.now()));
  }
}

/** Rows that refer to the person come first: they leave the target first. */
async function pairsOf(session: Session, process: SyncProcess, key: EntityKey): Promise<PairRef[]> {
  const types = process.mappings.filter(({ childOf }) => childOf === null).map(({ type }) => type);
  const rows = await rowsOfPerson((await session.database()).em.fork(), key, types);
  return rows.map((row) => ({ process: process.name, ...row }));
}

async function erased(session: Session, pair: PairRef, deadline: number): Promise<boolean> {
  try {
    const { delivery } = await giveCommand(session, pair, 'erase', Math.max(1_000, deadline - Date.now()));
    return delivery === 'erased';
  } catch (error) {
    if (!(error instanceof NoResultInTimeError)) throw error;
    complain(error.message);
    return false;
  }
}

const row = ({ process, type, key, outcome, detail, erasedOn }: Receipt) => [
  process,
  `${type}/${key}`,
  outcome,
  detail,
  erasedOn,
];

const named = ({ process, type, key, ...receipt }: Receipt) => ({ process, type, id: key, ...receipt });
