import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Orm } from '../../../database/orm.ts';
import { Problem } from './problems.ts';
import { WAIT_AT_MOST_SECONDS } from './schemas.ts';

export interface Answer {
  readonly status: number;
  /** JSON, stored and replayed byte for byte. */
  readonly body: string;
}

export interface KeptAnswer extends Answer {
  /** Whether this replays the answer to an earlier request with the same key. */
  readonly replayed: boolean;
}

/** Identifies a caller's request, so that it is not executed twice. */
export interface IdempotentRequest {
  readonly caller: string;
  readonly key: string;
  /** The request in canonical form. */
  readonly request: string;
}

/** A claim this old without an answer belongs to a gateway that has crashed. */
const CLAIM_SECONDS = WAIT_AT_MOST_SECONDS + 60;

const POLL_MS = 250;
const POLL_AT_MOST_MS = 10_000;
const PRUNE_EVERY_MS = 10 * 60_000;

const hashOf = (...parts: string[]) => createHash('sha256').update(parts.join('\n')).digest('hex');

interface Row {
  readonly request_hash: string;
  readonly status: number | null;
  readonly answer: string | null;
}

/**
 * Stores answers for a day under the caller's `Idempotency-Key`, in the database, which all gateways share. The key is
 * stored as a hash, because a caller may build it from personal data.
 */
export class KeptAnswers {
  readonly #orm: Orm;
  #prunedAt = 0;

  constructor(orm: Orm) {
    this.#orm = orm;
  }

  /**
   * Returns the answer to the first request with this key; only that one runs `work`. Failures are not stored.
   *
   * @throws Problem if the key was used for another request, or the first is still in progress.
   */
  async answer({ caller, key, request }: IdempotentRequest, work: () => Promise<Answer>): Promise<KeptAnswer> {
    await this.#prune();
    const keyHash = hashOf(caller, key);
    const requestHash = hashOf(request);
    const until = Date.now() + POLL_AT_MOST_MS;
    for (;;) {
      const claim = await this.#claim(keyHash, requestHash);
      if (claim !== null) return { ...(await this.#answerFirst(keyHash, claim, work)), replayed: false };
      const kept = await this.#read(keyHash);
      if (kept !== null && kept.request_hash !== requestHash) {
        throw new Problem('key-reused', { detail: 'use another key for another request' });
      }
      if (kept !== null && kept.status !== null)
        return { status: kept.status, body: kept.answer ?? '', replayed: true };
      if (Date.now() >= until) {
        throw new Problem('still-answering', { detail: 'repeat the request to get its answer', retryAfterSeconds: 2 });
      }
      await sleep(POLL_MS);
    }
  }

  /** Returns null if another request holds the claim. */
  async #claim(keyHash: string, requestHash: string): Promise<string | null> {
    const { rows } = await sql<{ claimed_on: string }>`
      INSERT INTO sync_idempotency AS kept (key_hash, request_hash) VALUES (${keyHash}, ${requestHash})
      ON CONFLICT (key_hash) DO UPDATE
        SET request_hash = EXCLUDED.request_hash, status = NULL, answer = NULL,
          claimed_on = EXCLUDED.claimed_on, expires_on = EXCLUDED.expires_on
        WHERE kept.expires_on < clock_timestamp()
          OR (kept.status IS NULL AND kept.request_hash = EXCLUDED.request_hash
            AND kept.claimed_on < clock_timestamp() - ${CLAIM_SECONDS} * interval '1 second')
      RETURNING claimed_on`.execute(this.#orm.em.fork().getKysely());
    return rows[0]?.claimed_on ?? null;
  }

  async #answerFirst(keyHash: string, claimedOn: string, work: () => Promise<Answer>): Promise<Answer> {
    const kysely = this.#orm.em.fork().getKysely();
    const own = sql`key_hash = ${keyHash} AND claimed_on = ${claimedOn}::timestamptz`;
    try {
      const answer = await work();
      await sql`UPDATE sync_idempotency SET status = ${answer.status}, answer = ${answer.body}
        WHERE ${own}`.execute(kysely);
      return answer;
    } catch (error) {
      // The work failed, so release the claim for a retry. If this fails too, the claim expires.
      await sql`DELETE FROM sync_idempotency WHERE ${own}`.execute(kysely).catch(() => undefined);
      throw error;
    }
  }

  async #read(keyHash: string): Promise<Row | null> {
    const { rows } = await sql<Row>`
      SELECT request_hash, status, answer FROM sync_idempotency WHERE key_hash = ${keyHash}`.execute(
      this.#orm.em.fork().getKysely(),
    );
    return rows[0] ?? null;
  }

  async #prune(): Promise<void> {
    if (Date.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = Date.now();
    await sql`DELETE FROM sync_idempotency WHERE expires_on < clock_timestamp()`.execute(
      this.#orm.em.fork().getKysely(),
    );
  }
}
