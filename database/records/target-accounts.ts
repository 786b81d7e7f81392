import { sql } from 'kysely';
import { keyedHash, isHashOf, type KeyedHash, type SecretKey } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager, Orm } from '../orm.ts';

/** What tells one account at a target from another: address, list, account number. Never a secret. */
export interface TargetAccount {
  readonly process: SyncProcessName;
  readonly account: readonly string[];
}

/**
 * Whether the process's records are about this account. `unrecorded`: nothing is known yet. An account whose fingerprint
 * was made with a key that is gone counts as another one.
 */
export async function compareAccount(
  em: EntityManager,
  { process, account }: TargetAccount,
  keys: readonly SecretKey[],
): Promise<'same' | 'other' | 'unrecorded'> {
  const { rows } = await sql<{ fingerprint: string; installation_key: string }>`
    SELECT a.fingerprint, encode(i.fingerprint_key, 'base64') AS installation_key
    FROM sync_target_account a, sync_installation i WHERE a.sync_process = ${process}`.execute(em.getKysely());
  const [recorded] = rows;
  if (recorded === undefined) return 'unrecorded';
  const all = [...keys, keyIn(recorded.installation_key)];
  return isHashOf(recorded.fingerprint, FIELD, textOf(account), all) ? 'same' : 'other';
}

/** Records the account, with the newest key. */
export async function recordAccount(
  em: EntityManager,
  { process, account }: TargetAccount,
  keys: readonly SecretKey[],
): Promise<void> {
  const fingerprint = keyedHash(FIELD, textOf(account), keys.length > 0 ? keys : [await installationKey(em)]);
  await write(em, process, fingerprint);
}

/** Records accounts that nobody has recorded yet, and those that were recorded with an older key. */
export async function recordNewAccounts(
  orm: Orm,
  accounts: readonly TargetAccount[],
  keys: readonly SecretKey[],
): Promise<void> {
  for (const account of accounts) {
    await orm.em.fork().transactional(async (em) => {
      if ((await compareAccount(em, account, keys)) !== 'other') await recordAccount(em, account, keys);
    });
  }
}

const FIELD = 'target account';

/** Fields of different accounts must not run into each other. */
const textOf = (account: readonly string[]): string => JSON.stringify(account);

const keyIn = (base64: string): SecretKey => new Uint8Array(Buffer.from(base64, 'base64'));

async function installationKey(em: EntityManager): Promise<SecretKey> {
  const { rows } = await sql<{ key: string }>`
    SELECT encode(fingerprint_key, 'base64') AS key FROM sync_installation`.execute(em.getKysely());
  return keyIn(rows[0]?.key ?? '');
}

async function write(em: EntityManager, process: SyncProcessName, fingerprint: KeyedHash): Promise<void> {
  await sql`
    INSERT INTO sync_target_account AS known (sync_process, fingerprint) VALUES (${process}, ${fingerprint})
    ON CONFLICT (sync_process) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, recorded_on = clock_timestamp()
      WHERE known.fingerprint <> EXCLUDED.fingerprint`.execute(em.getKysely());
}
