import { setTimeout as wait } from 'node:timers/promises';

import { Pool } from 'pg';

import { applyOneChange } from './apply-one-change.ts';
import type { Change, ChangeKind } from './apply-one-change.ts';
import { createRng, int, pickWeighted } from './rng.ts';

/** How often each kind is drawn; `reopen-event` follows a cancellation and is not drawn itself. */
const mix: readonly { readonly kind: ChangeKind; readonly weight: number }[] = [
  { kind: 'rename-person', weight: 14 },
  { kind: 'move-person-to-club', weight: 10 },
  { kind: 'change-phone', weight: 10 },
  { kind: 'change-preference', weight: 6 },
  { kind: 'answer-conversation', weight: 3 },
  { kind: 'swap-bibs', weight: 7 },
  { kind: 'swap-tag-owners', weight: 5 },
  { kind: 'swap-tag-codes', weight: 4 },
  { kind: 'reassign-tag', weight: 6 },
  { kind: 'register-participant', weight: 9 },
  { kind: 'withdraw-participant', weight: 5 },
  { kind: 'delete-participant', weight: 4 },
  { kind: 'delete-person', weight: 3 },
  { kind: 'rename-race', weight: 2 },
  { kind: 'rename-club', weight: 3 },
  { kind: 'move-start-wave', weight: 3 },
  { kind: 'cancel-event', weight: 1 },
  { kind: 'touch', weight: 8 },
  { kind: 'commit-late', weight: 3 },
];

/** Longest pause between attempts while the database does not answer, in milliseconds. */
const LONGEST_PAUSE = 30_000;

export interface KeepChangingOptions {
  readonly databaseUrl: string;
  readonly seed: number;
  /** Pause between two changes, in milliseconds. */
  readonly everyMs: number;
  /** Stops the changes; a pending late commit is committed at once. */
  readonly signal: AbortSignal;
  readonly onChange?: (change: Change) => void;
  /** Called each time the database fails, with the error's code. Its text is left out because it may quote a row. */
  readonly onTrouble?: (code: string) => void;
}

/**
 * Changes the EMS continuously until told to stop; resolves when the last transaction has ended. While the database
 * does not answer, it retries with growing pauses.
 */
export async function keepChanging(options: KeepChangingOptions): Promise<void> {
  const { databaseUrl, seed, everyMs, signal, onChange, onTrouble } = options;
  const rng = createRng(seed);
  // Two connections, so that others can commit while a late transaction is open.
  const pool = new Pool({ connectionString: databaseUrl, max: 2 });
  const report = (error: unknown): void => {
    onTrouble?.(error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN');
  };
  pool.on('error', report);

  const change = async (kind: ChangeKind, seedOfItsOwn?: number): Promise<Change> => {
    const client = await pool.connect();
    // A connection lost between two statements emits only this event; unhandled, it would end the process.
    client.on('error', report);
    try {
      const draw = seedOfItsOwn === undefined ? rng : createRng(seedOfItsOwn);
      const made = await applyOneChange(client, kind, draw, { signal });
      client.release();
      onChange?.(made);
      return made;
    } catch (error) {
      client.release(true);
      throw error;
    } finally {
      client.off('error', report);
    }
  };

  let late: Promise<unknown> | undefined;
  let changesUntilReopening: number | undefined;
  let pause = everyMs;
  while (!signal.aborted) {
    try {
      if (changesUntilReopening === 0) {
        changesUntilReopening = undefined;
        await change('reopen-event');
      } else {
        if (changesUntilReopening !== undefined) changesUntilReopening -= 1;
        const { kind } = pickWeighted(rng, mix);
        if (kind === 'commit-late') {
          // Uses a separate random sequence, because it draws concurrently with the other changes.
          late ??= change(kind, int(rng, 0, 2 ** 31))
            .catch(report)
            .finally(() => (late = undefined));
        } else if (kind !== 'cancel-event') {
          await change(kind);
        } else if (changesUntilReopening === undefined) {
          const { outcome } = await change(kind);
          if (outcome === 'done') changesUntilReopening = 15;
        }
      }
      pause = everyMs;
    } catch (error) {
      report(error);
      pause = Math.min(LONGEST_PAUSE, Math.max(1000, pause * 2));
    }
    await wait(pause, undefined, { signal }).catch(() => undefined);
  }
  await late;
  await pool.end();
}
