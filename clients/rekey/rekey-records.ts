import { sql } from 'kysely';
import type { Detection } from '../../database/detection/detection.ts';
import { identifyingValues } from '../../database/entities/identity.ts';
import type { Orm } from '../../database/orm.ts';
import { loadPairs, type Pair } from '../../database/records/load-pairs.ts';
import { recordTable } from '../../database/table-names.ts';
import { ADDRESS_FIELD, normalisedAddress } from '../../sync/address-hash.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { hashedName, HASH_DIGITS, type Fingerprint } from '../../sync/identity.ts';
import { purposeOf, textOf, type Base } from '../../sync/keyed-hash.ts';
import { noCounts, rekeyed, rekeyedContent, type RekeyCounts } from '../../sync/rekeyed.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import type { Rekey } from './rekey-input.ts';

interface StoredHashes {
  readonly id: string;
  readonly key: EntityKey | null;
  readonly hash: string | null;
  readonly base: Base | null;
  readonly fingerprint: Fingerprint | null;
}

/**
 * Re-keys the hashes of one process's records of one type, a page at a time. A value that EMS still has is hashed
 * anew; of any other the hash is hashed again. A record that a worker writes meanwhile is left as it wrote it.
 */
export async function rekeyRecords(
  { orm, keys, page, onPage }: Rekey,
  detection: Detection,
  mapping: EntityMapping,
): Promise<RekeyCounts> {
  const counts = noCounts();
  const table = sql.raw(recordTable(mapping.type));
  let after = '0';
  for (;;) {
    const { rows } = await sql<StoredHashes>`
      SELECT id, entity_key AS key, content_hash AS hash, base, fingerprint FROM ${table}
      WHERE sync_process = ${detection.process} AND id > ${after}::bigint
        AND (content_hash IS NOT NULL OR base IS NOT NULL OR fingerprint IS NOT NULL)
      ORDER BY id LIMIT ${page}`.execute(orm.em.fork().getKysely());
    const pairs = await pairsOf(orm, detection, rows);
    const changed = rows.flatMap((stored) => {
      const pair = pairs.get(stored.key ?? '') ?? null;
      const now = hashesOf(stored, mapping, { pair, keys, counts });
      return JSON.stringify(now) === JSON.stringify(stored) ? [] : [{ stored, now }];
    });
    await write(orm, table, changed);
    await onPage?.();
    const last = rows.at(-1);
    if (last === undefined || rows.length < page) return counts;
    after = last.id;
  }
}

async function pairsOf(
  orm: Orm,
  detection: Detection,
  rows: readonly StoredHashes[],
): Promise<ReadonlyMap<string, Pair>> {
  const known = rows.flatMap(({ key }) => key ?? []);
  try {
    return new Map((await loadPairs(orm, detection, known)).map((pair) => [pair.key, pair]));
  } catch (error) {
    if (rows.length > 1) return inHalves(orm, detection, rows);
    if (!isDataError(error)) throw error;
    // A row that cannot be read: its hashes are hashed again.
    return new Map();
  }
}

async function inHalves(orm: Orm, detection: Detection, rows: readonly StoredHashes[]) {
  const middle = rows.length >> 1;
  const halves = [rows.slice(0, middle), rows.slice(middle)];
  const [first = new Map(), second = new Map()] = await Promise.all(
    halves.map((half) => pairsOf(orm, detection, half)),
  );
  return new Map<string, Pair>([...first, ...second]);
}

/** SQLSTATE class 22: the row holds what cannot be read. */
const isDataError = (error: unknown): boolean =>
  error instanceof RangeError || (error instanceof Error && 'code' in error && String(error.code).startsWith('22'));

function hashesOf(
  stored: StoredHashes,
  mapping: EntityMapping,
  { pair, keys, counts }: { readonly pair: Pair | null; readonly counts: RekeyCounts } & Pick<Rekey, 'keys'>,
): StoredHashes {
  const { hash, base, fingerprint } = stored;
  const { content, fields, identifying } = valuesOf(mapping, pair);
  // Before SYNC_KEY was required, fingerprints could be made with a key of the installation.
  const installation = pair?.installationKey ?? null;
  const identityKeys = installation === null ? keys : [...keys, installation];
  return {
    ...stored,
    hash: hash === null ? null : rekeyedContent(hash, content, { keys, counts }),
    base: mapHashes(base, (field, one) =>
      rekeyed(one, { purpose: purposeOf(field), texts: textsOf(field, fields), keys, counts }),
    ) as Base | null,
    fingerprint: mapHashes(fingerprint, (column, one) =>
      rekeyed(one, {
        purpose: 'identity',
        texts: column in identifying ? [textOf(hashedName(column), identifying[column])] : [],
        keys: identityKeys,
        counts,
        digits: HASH_DIGITS,
      }),
    ),
  };
}

/** The values of EMS's row that may have been hashed. */
function valuesOf(mapping: EntityMapping, pair: Pair | null) {
  const row = pair?.entity ?? null;
  if (pair === null || row === null) return { content: null, fields: {} as Content, identifying: {} as Content };
  const mapped = mapping.map(row, pair.sources);
  const email = mapping.consent?.addresses(row).email ?? null;
  return {
    content: mapped.kind === 'mapped' ? mapped.content : null,
    fields: {
      ...mapping.sendable(row, pair.sources),
      ...mapping.inbound?.view(row, pair.sources),
      [ADDRESS_FIELD]: normalisedAddress('email', email),
    } as Content,
    identifying: identifyingValues(mapping.type, row, pair.createdOn) as Content,
  };
}

/** A remote that knows no value of a field, or only yes and no, is as likely as one with EMS's value. */
function textsOf(field: string, fields: Content): readonly string[] {
  return [fields[field], null, true, false].map((value) => textOf(field, value));
}

function mapHashes(
  hashes: Readonly<Record<string, string>> | null,
  change: (name: string, hash: string) => string,
): Readonly<Record<string, string>> | null {
  if (hashes === null) return null;
  return Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name, change(name, hash)]));
}

/** `updated_on` stays: nothing has been said of the pair. */
async function write(
  orm: Orm,
  table: ReturnType<typeof sql.raw>,
  changed: readonly { readonly stored: StoredHashes; readonly now: StoredHashes }[],
): Promise<void> {
  if (changed.length === 0) return;
  await sql`
    UPDATE ${table} sr SET content_hash = v.now ->> 'hash', base = nullif(v.now -> 'base', 'null'),
      fingerprint = nullif(v.now -> 'fingerprint', 'null')
    FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS v(stored jsonb, now jsonb)
    WHERE sr.id = (v.stored ->> 'id')::bigint AND sr.content_hash IS NOT DISTINCT FROM (v.stored ->> 'hash')
      AND sr.base IS NOT DISTINCT FROM nullif(v.stored -> 'base', 'null')
      AND sr.fingerprint IS NOT DISTINCT FROM nullif(v.stored -> 'fingerprint', 'null')`.execute(
    orm.em.fork().getKysely(),
  );
}
