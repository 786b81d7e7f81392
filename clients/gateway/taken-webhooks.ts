import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Orm } from '../../database/orm.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { SeenSignatures } from './seen-signatures.ts';
import { within } from './within.ts';

/** Identifies a genuine webhook. */
export interface Proof {
  readonly process: SyncProcessName;
  /** A keyed hash of it, the same however the webhook is written. */
  readonly digest: string;
  /** For as long as it would be accepted; see {@link UNDATED_VALID_FOR_MS}. */
  readonly validForMs: number;
}

/** Which webhooks were taken before, so that an intercepted one cannot be replayed. */
export interface ReplayMemory {
  /** @returns false if it was taken before. */
  take(proof: Proof): Promise<boolean>;
  /** The webhook had no effect, so it may be sent again. */
  forget(proof: Proof): Promise<void>;
}

/**
 * Mautic's signature, and MailChimp's secret path, contain no time and are valid for ever. A replay costs one read of
 * the target, so a week is enough.
 */
export const UNDATED_VALID_FOR_MS = 7 * 86_400_000;

const WITHIN_MS = 2_000;
const PRUNE_EVERY_MS = 10 * 60_000;

/** The memory of all gateways: a table, and in front of it a few minutes of our own, so that a flood costs no queries. */
export class TakenWebhooks implements ReplayMemory {
  readonly #orm: Orm;
  readonly #own = new SeenSignatures();
  #prunedAt = 0;

  constructor(orm: Orm) {
    this.#orm = orm;
  }

  async take(proof: Proof): Promise<boolean> {
    const key = keyOf(proof);
    if (!this.#own.take(key, Date.now())) return false;
    try {
      return await within(WITHIN_MS, this.#insert(key, proof.validForMs));
    } catch (error) {
      this.#own.forget(key);
      throw error;
    }
  }

  async forget(proof: Proof): Promise<void> {
    const key = keyOf(proof);
    this.#own.forget(key);
    await sql`DELETE FROM sync_webhook WHERE digest = ${key}`.execute(this.#orm.em.fork().getKysely());
  }

  async #insert(key: string, validForMs: number): Promise<boolean> {
    const kysely = this.#orm.em.fork().getKysely();
    if (Date.now() - this.#prunedAt >= PRUNE_EVERY_MS) {
      this.#prunedAt = Date.now();
      await sql`DELETE FROM sync_webhook WHERE expires_on < clock_timestamp()`.execute(kysely);
    }
    const { rows } = await sql`
      INSERT INTO sync_webhook AS taken (digest, expires_on)
      VALUES (${key}, clock_timestamp() + ${validForMs} * interval '1 millisecond')
      ON CONFLICT (digest) DO UPDATE SET expires_on = EXCLUDED.expires_on WHERE taken.expires_on < clock_timestamp()
      RETURNING digest`.execute(kysely);
    return rows.length > 0;
  }
}

const keyOf = ({ process, digest }: Proof) => createHash('sha256').update(`${process}\n${digest}`).digest('base64');
