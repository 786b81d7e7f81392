import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { formatRef } from '../../sync/entity-type.ts';
import type { PairCommand } from '../../sync/pair-command.ts';
import type { SyncEntityResult } from '../../workflows/pair-requests.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { requestSyncAndWait } from '../request-sync.ts';
import { CommandError } from './command-error.ts';
import { say } from './output.ts';
import type { Session } from './session.ts';

/**
 * Has the pair's workflow run a command and waits for the pass that follows. Nothing is changed outside of the
 * workflow.
 *
 * @throws CommandError if the command is refused; the message says why.
 */
export async function giveCommand(
  session: Session,
  pair: PairRef,
  command: PairCommand,
  timeoutMs: number,
): Promise<SyncEntityResult> {
  try {
    const result = await requestSyncAndWait(await session.temporal(), pair, timeoutMs, command);
    if (result.delivery === 'refused') throw new CommandError(1, result.reason ?? 'the command was refused');
    return result;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new CommandError(1, refusalIn(error), { cause: error });
  }
}

function refusalIn(error: WorkflowFailedError): string {
  let cause: unknown = error;
  for (let next: unknown = error; next instanceof Error; next = next.cause) cause = next;
  return cause instanceof ApplicationFailure ? cause.message : error.message;
}

/** Whether the pass that followed succeeded, or had nothing to do. */
export function hasRun({ outcome }: SyncEntityResult): boolean {
  return outcome !== 'PARKED' && outcome !== 'FAILING';
}

/** Prints what was done, and the pair's current state. */
export function sayOutcome(
  done: string,
  { process, type, key }: PairRef,
  { outcome, delivery, reason }: SyncEntityResult,
): void {
  const why = reason === null ? '' : `: ${reason}`;
  say(`${done}; ${process} ${formatRef({ type, key })} is ${outcome} (${delivery})${why}`);
}
